import type { Variant } from './scalar-values';
import { uniqueNumber } from './scalar-values';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const CLASSES: Record<string, string> = {
  alpha: LOWER + LOWER.toUpperCase(),
  alnum: LOWER + DIGITS,
  digit: DIGITS,
  lower: LOWER,
  upper: LOWER.toUpperCase(),
  xdigit: `${DIGITS}abcdef`,
  space: ' ',
  punct: '-_.!',
};
const ESCAPES: Record<string, string> = {
  d: DIGITS,
  w: `${LOWER}${DIGITS}_`,
  s: ' ',
  D: LOWER,
  W: '-',
  S: LOWER,
  n: '\n',
  t: '\t',
};
/** Escapes that stand for a place, not for a character. */
const PLACES = /[mMyYAZbB]/;
/** How often a part is repeated that may come any number of times. */
const FREE_REPEATS = 4;

/**
 * A text that matches a pattern of PostgreSQL's kind, or one that nearly does: look-around and
 * references back are not understood, so the caller has it checked.
 * @returns null when the pattern cannot be read at all
 */
export function sampleOf(pattern: string, variant: Variant): string | null {
  try {
    const reader = new PatternReader(pattern.replace(/^\(\?[a-z]+\)/, ''), uniqueNumber(variant));
    return reader.alternatives();
  } catch (error) {
    if (error instanceof UnreadablePattern) return null;
    throw error;
  }
}

class UnreadablePattern extends Error {
  override readonly name = 'UnreadablePattern';
}

class PatternReader {
  private at = 0;
  private state: number;

  constructor(
    private readonly pattern: string,
    seed: number,
  ) {
    this.state = seed * 7919 + 17;
  }

  alternatives(): string {
    const found = [this.sequence()];
    while (this.pattern[this.at] === '|') {
      this.at += 1;
      found.push(this.sequence());
    }
    return found[this.random(found.length)] ?? '';
  }

  private sequence(): string {
    let text = '';
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at] ?? '')) {
      const start = this.at;
      const first = this.atom();
      const end = this.at;
      const times = this.repeats();
      const behind = this.at;
      if (times === 0) continue;
      text += first;
      // Each repetition draws its own characters.
      for (let count = 1; count < times; count += 1) {
        this.at = start;
        text += this.atom();
      }
      if (times > 1) this.at = end;
      this.at = behind;
    }
    return text;
  }

  private atom(): string {
    const letter = this.next();
    if (letter === '^' || letter === '$') return '';
    if (letter === '.') return this.oneOf(LOWER);
    if (letter === '[') return this.oneOf(this.bracket());
    if (letter === '\\') return this.escaped();
    if (letter !== '(') return letter;
    const isAhead = /^\?[=!<]/.test(this.pattern.slice(this.at));
    if (this.pattern[this.at] === '?')
      this.at += /^\?<[=!]/.test(this.pattern.slice(this.at)) ? 3 : 2;
    const text = this.alternatives();
    if (this.next() !== ')') throw new UnreadablePattern();
    return isAhead ? '' : text;
  }

  private escaped(): string {
    const letter = this.next();
    if (PLACES.test(letter)) return '';
    return Object.hasOwn(ESCAPES, letter) ? this.oneOf(ESCAPES[letter] ?? '') : letter;
  }

  private bracket(): string {
    const negated = this.pattern[this.at] === '^';
    if (negated) this.at += 1;
    let letters = '';
    for (let first = true; first || this.pattern[this.at] !== ']'; first = false) {
      letters += this.bracketPart();
    }
    this.at += 1;
    if (!negated) return letters;
    const others = [...`${LOWER}${DIGITS}-_ `].filter((letter) => !letters.includes(letter));
    return others.join('');
  }

  private bracketPart(): string {
    const named = /^\[:(\w+):\]/.exec(this.pattern.slice(this.at));
    if (named) {
      this.at += named[0].length;
      return CLASSES[named[1] ?? ''] ?? LOWER;
    }
    let letter = this.next();
    if (letter === '\\') {
      letter = this.next();
      if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter] ?? '';
    }
    const isRange = this.pattern[this.at] === '-' && this.pattern[this.at + 1] !== ']';
    if (!isRange) return letter;
    this.at += 1;
    const last = this.next();
    let letters = '';
    for (let code = letter.charCodeAt(0); code <= last.charCodeAt(0); code += 1) {
      letters += String.fromCharCode(code);
    }
    return letters;
  }

  private repeats(): number {
    const rest = this.pattern.slice(this.at);
    const found = /^(?:([*+?])|\{(\d+)(,)?(\d+)?\})\??/.exec(rest);
    if (!found) return 1;
    this.at += found[0].length;
    if (found[1] === '?') return this.random(2);
    if (found[1]) return FREE_REPEATS;
    const least = Number(found[2]);
    const most = found[3] ? Number(found[4] ?? least + FREE_REPEATS) : least;
    return Math.min(Math.max(least, FREE_REPEATS), most);
  }

  private next(): string {
    const letter = this.pattern[this.at];
    if (letter === undefined) throw new UnreadablePattern();
    this.at += 1;
    return letter;
  }

  private oneOf(letters: string): string {
    return letters[this.random(letters.length)] ?? 'a';
  }

  private random(below: number): number {
    this.state = (Math.imul(this.state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return below < 1 ? 0 : (this.state >> 8) % below;
  }
}
