import { isDeepStrictEqual } from 'node:util';

const INSTANT =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const NUMBER = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i;
const TRUTHS = new Map([
  ['t', true],
  ['true', true],
  ['1', true],
  ['f', false],
  ['false', false],
  ['0', false],
]);

/** Whether two texts are two spellings of one value: the same instant, number, truth or JSON. */
export function meansTheSame(one: string, other: string): boolean {
  if (one === other || one.trimEnd() === other.trimEnd()) return true;
  const instants = [instantOf(one), instantOf(other)];
  if (instants[0] !== null && instants[0] === instants[1]) return true;
  if (NUMBER.test(one) && NUMBER.test(other)) return digitsOf(one) === digitsOf(other);
  const truth = TRUTHS.get(one);
  if (truth !== undefined && truth === TRUTHS.get(other)) return true;
  return sameJson(one, other);
}

/**
 * Whether two texts that differ look like one value written in two ways. Two times with and without a
 * time zone count as such even where the instants differ: that is what a session's zone does to them.
 */
export function isAnotherForm(one: string, other: string): boolean {
  if (meansTheSame(one, other)) return true;
  if (!INSTANT.test(one) || !INSTANT.test(other)) return false;
  return shapeOf(one) !== shapeOf(other);
}

/** Microseconds since 1970, a time without a zone read as UTC. */
function instantOf(text: string): bigint | null {
  const parts = INSTANT.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const millis = Date.UTC(
    year ?? 0,
    (month ?? 1) - 1,
    day ?? 1,
    hour ?? 0,
    minute ?? 0,
    second ?? 0,
  );
  const micros = BigInt((parts[7] ?? '').padEnd(6, '0'));
  return BigInt(millis) * 1_000n + micros - BigInt(offsetMinutes(parts[8])) * 60_000_000n;
}

function offsetMinutes(zone: string | undefined): number {
  if (!zone || zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return zone.startsWith('-') ? -minutes : minutes;
}

function shapeOf(instant: string): string {
  return instant
    .replace(/\.\d+/, '')
    .replace(/\d/g, '0')
    .replace(/[+-](?=\d\d(:?\d\d)?$)/, '+');
}

/** The number in one spelling, exact at any length: `-1.50e3` and `-1500` give the same. */
function digitsOf(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return '0';
  const scale = Number(exponent) - fraction.length + (digits.length - trimmed.length);
  return `${sign}${trimmed}e${scale}`;
}

function sameJson(one: string, other: string): boolean {
  if (!/^[[{"]/.test(one) || !/^[[{"]/.test(other)) return false;
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
  } catch {
    return false;
  }
}
