/**
 * What the name of a rollback script says: which migration it is after, once the words for going down
 * are taken off.
 */

/** How people say it, in one number or several; in a file's name or in a folder's. */
const DOWN_WORDS = new Set([
  'down',
  'downs',
  'rollback',
  'rollbacks',
  'revert',
  'reverts',
  'undo',
  'undos',
]);

interface Part {
  /** What stands before it: '' for the first. */
  separator: string;
  word: string;
}

/** A name without its words for down, in the ways in which they can be taken off. */
export interface Stems {
  /** As written, without `.sql`. */
  whole: string;
  /** One word taken off: `0007_undo_log.down` gives `0007_undo_log` and `0007_log.down`. */
  oneOff: string[];
  /** All of them taken off. */
  allOff: string;
  /** Whether there was any. */
  saysDown: boolean;
}

/** @param name of a file or folder, without its path */
export function stemsOf(name: string): Stems {
  const whole = name.replace(/\.sql$/i, '');
  const parts = partsOf(whole);
  const down = parts.flatMap(({ word }, index) =>
    DOWN_WORDS.has(word.toLowerCase()) ? [index] : [],
  );
  return {
    whole,
    oneOff: [...new Set(down.map((index) => without(parts, [index])))],
    allOff: without(parts, down),
    saysDown: down.length > 0,
  };
}

function partsOf(name: string): Part[] {
  const pieces = name.split(/([._\- ])/);
  const parts: Part[] = [];
  for (let at = 0; at < pieces.length; at += 2) {
    parts.push({ separator: pieces[at - 1] ?? '', word: pieces[at] ?? '' });
  }
  return parts;
}

function without(parts: readonly Part[], indexes: readonly number[]): string {
  return parts
    .filter((_, index) => !indexes.includes(index))
    .map(({ separator, word }, index) => (index === 0 ? word : separator + word))
    .join('')
    .replace(/^[._\- ]+|[._\- ]+$/g, '');
}

/**
 * The tags that a name holds whole, with as few words taken off as possible: a tag may itself contain
 * one, as `0012_undo_log` does. Several come out only where the name can be read in several ways.
 * @param bare whether a name without any word for down counts
 */
export function tagsIn(stems: Stems, tags: ReadonlySet<string>, bare: boolean): string[] {
  const readings = [bare ? [stems.whole] : [], stems.oneOff, [stems.allOff]];
  for (const reading of readings) {
    const found = reading.filter((stem) => tags.has(stem));
    if (found.length > 0) return found;
  }
  return [];
}

/** Leading zeros are spelling: `34` and `0034` are one number. */
export function plainNumber(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}

/** The number that a stem begins with, and whether there is anything else in it. */
export function numberIn(stem: string): { number: string; only: boolean } | undefined {
  const digits = /^\d+/.exec(stem)?.[0];
  if (digits === undefined) return undefined;
  return { number: plainNumber(digits), only: digits.length === stem.length };
}
