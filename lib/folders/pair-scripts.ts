import { numberOf } from '@/lib/core/pair-migrations';
import { mentions, tagLikeWords } from './leading-comment';
import type { CandidateScript, Pairing } from './pairing';
import { numberIn, plainNumber, type Stems, stemsOf, tagsIn } from './script-names';

/** A file that may be a rollback script. */
export interface ScriptFile {
  /** Within the folder that was searched, with `/`. */
  path: string;
  /** Its leading comment, as text without comment marks. */
  comment: string;
}

/** That a file may belong to a migration. The lower the rank, the better the reason. */
interface Claim {
  path: string;
  tag: string;
  rank: 'tag' | 'number' | 'guess';
  why?: string;
}

/**
 * Which script belongs to which migration, by names and leading comments alone. A whole tag beats
 * everything; a number alone is enough where only one migration has it and the comment names no other
 * one. Whatever shares only the number is a candidate, for its round trip to decide. No script is
 * paired with two migrations, and the order of the files makes no difference.
 * @param files only what may be a script: see `findScripts`
 */
export function pairScripts(tags: readonly string[], files: readonly ScriptFile[]): Pairing {
  const known = knownTags(tags);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const claims = sorted.flatMap((file) => claimsOf(file, known));
  const byTag = groupBy(claims, ({ tag }) => tag);
  const byPath = groupBy(claims, ({ path }) => path);
  const pairing: Pairing = {
    paired: new Map(),
    candidates: new Map(),
    unusable: new Map(),
    orphans: [],
    remarks: [],
  };
  for (const tag of tags) settle(tag, byTag.get(tag) ?? [], pairing);
  const used = new Set([
    ...[...pairing.paired.values()].map(({ path }) => path),
    ...[...pairing.candidates.values()].flat().map(({ path }) => path),
  ]);
  for (const { path } of sorted) {
    if (!used.has(path)) pairing.orphans.push(orphanOf(path, byPath.get(path) ?? [], pairing));
  }
  const comments = new Map(sorted.map(({ path, comment }) => [path, comment]));
  for (const [tag, { path, by }] of pairing.paired) {
    const other = by === 'tag' ? otherTag(tag, comments.get(path) ?? '', known) : undefined;
    if (other === undefined) continue;
    const message = `${path} is named after ${tag}, and its header names ${other}. Check that the script is in the right file.`;
    pairing.remarks.push({ path, message });
  }
  return pairing;
}

interface KnownTags {
  all: ReadonlySet<string>;
  /** By number without leading zeros. */
  byNumber: ReadonlyMap<string, string[]>;
}

function knownTags(tags: readonly string[]): KnownTags {
  const byNumber = new Map<string, string[]>();
  for (const tag of tags) {
    const number = numberOf(tag);
    if (number === undefined) continue;
    const key = plainNumber(number);
    byNumber.set(key, [...(byNumber.get(key) ?? []), tag]);
  }
  return { all: new Set(tags), byNumber };
}

function claimsOf(file: ScriptFile, known: KnownTags): Claim[] {
  const { path } = file;
  const name = nameOf(path);
  const own = stemsOf(name);
  const home = homeOf(path, known);
  // `<tag>/rollback.sql`: the file's name says nothing but down, so the folder's name counts.
  const nameless = own.allOff === '' || (home !== undefined && own.allOff === 'migration');
  const stems = nameless ? (home ?? own) : own;
  const whole = tagsIn(stems, known.all, true);
  const [tag, ...others] = whole;
  if (tag !== undefined && others.length === 0) {
    const inFolder = home && tagsIn(home, known.all, true)[0];
    if (inFolder === undefined || inFolder === tag) return [{ path, tag, rank: 'tag' }];
    const why = `${path} is named after ${tag} and lies in the folder of ${inFolder}.`;
    return [{ path, tag, rank: 'guess', why }];
  }
  if (tag !== undefined) {
    const why = `The name of ${path} can be read as ${whole.join(' and as ')}.`;
    return whole.map((one) => ({ path, tag: one, rank: 'guess', why }));
  }
  const byHome = nameless || !home ? [] : tagsIn(home, known.all, true);
  if (byHome.length > 0) {
    return byHome.map((one) => ({
      path,
      tag: one,
      rank: 'guess',
      why: `${path} lies in the folder of ${one}, and its name says something else.`,
    }));
  }
  return numberClaims(file, stems, known);
}

function numberClaims(file: ScriptFile, stems: Stems, known: KnownTags): Claim[] {
  const { path } = file;
  const found = numberIn(stems.allOff);
  const sharing = (found && known.byNumber.get(found.number)) ?? [];
  const [tag] = sharing;
  if (!found || tag === undefined) return [];
  if (sharing.length > 1) {
    const what = found.only ? 'holds only the number' : 'shares only the number';
    const why = `${path} ${what} that ${sharing.join(' and ')} have in common.`;
    return sharing.map((one) => ({ path, tag: one, rank: 'guess', why }));
  }
  if (!found.only) {
    const why = `${path} shares only its number with ${tag}: the rest of its name says something else.`;
    return [{ path, tag, rank: 'guess', why }];
  }
  const [other] = othersThan(tag, file.comment, known);
  if (other === undefined) return [{ path, tag, rank: 'number' }];
  return [{ path, tag, rank: 'guess', why: `The header of ${path} names ${other}, not ${tag}.` }];
}

/** What a comment names in the place of this migration; nothing where it names this one as well. */
function othersThan(tag: string, comment: string, known: KnownTags): string[] {
  if (mentions(comment, tag)) return [];
  const number = plainNumber(numberOf(tag) ?? '');
  return tagLikeWords(comment).filter((word) => {
    const stems = stemsOf(word);
    if (tagsIn(stems, known.all, true).includes(tag)) return false;
    // `0034_rollback` is the script's own name, not a migration's.
    const bare = numberIn(stems.allOff);
    return !(bare?.only && bare.number === number);
  });
}

/** Of those, the first that is a migration here. */
function otherTag(tag: string, comment: string, known: KnownTags): string | undefined {
  return othersThan(tag, comment, known).find(
    (word) => tagsIn(stemsOf(word), known.all, true).length > 0,
  );
}

/** Gives a migration its script, or its candidates. */
function settle(tag: string, mine: readonly Claim[], pairing: Pairing): void {
  for (const rank of ['tag', 'number'] as const) {
    const sure = mine.filter((claim) => claim.rank === rank);
    const [only, ...others] = sure;
    if (!only) continue;
    if (others.length === 0) {
      pairing.paired.set(tag, { path: only.path, by: rank });
      return;
    }
    const why = `${sure.map(({ path }) => path).join(' and ')} both fit ${tag}.`;
    const guesses = rank === 'number' ? mine.filter((claim) => claim.rank === 'guess') : [];
    pairing.candidates.set(tag, [
      ...sure.map(({ path }) => ({ path, by: rank, why })),
      ...guesses.map(candidateOf),
    ]);
    return;
  }
  if (mine.length > 0) pairing.candidates.set(tag, mine.map(candidateOf));
}

function candidateOf({ path, rank, why }: Claim): CandidateScript {
  return { path, by: rank === 'tag' ? 'tag' : 'number', why: why ?? '' };
}

function orphanOf(
  path: string,
  claims: readonly Claim[],
  pairing: Pairing,
): Pairing['orphans'][number] {
  for (const { tag } of claims) {
    const better = pairing.paired.get(tag);
    if (better) {
      return { path, reason: `${path} is not used: ${tag} has ${better.path}, which fits better.` };
    }
  }
  return { path };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The folder of a script, where its name says more than 'down'; the nearest one that does. */
function homeOf(path: string, known: KnownTags): Stems | undefined {
  for (const folder of path.split('/').slice(0, -1).reverse()) {
    const stems = stemsOf(folder);
    const number = numberIn(stems.allOff);
    const numbered = number?.only === true && known.byNumber.has(number.number);
    if (numbered || tagsIn(stems, known.all, true).length > 0) return stems;
  }
  return undefined;
}
