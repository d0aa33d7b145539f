import type { ColumnType } from './column-type';

/** What a change of type does to the values that are there. */
export interface TypeChange {
  /**
   * `none`: nothing, not even work. `keeps`: every value stays what it is. `reformats`: every value is
   * written another way. `narrows`: there are values that change, lose something, or make it fail.
   */
  effect: 'none' | 'keeps' | 'reformats' | 'narrows';
  /** Every row is written anew. */
  rewrites: boolean;
  /** The session's TimeZone or DateStyle decides what comes out. */
  bySession: boolean;
  /** What happens, as the end of a sentence that begins with the column. */
  what: string;
}

/**
 * Compares two types as ALTER COLUMN … TYPE does. A change between types that this file does not know is
 * taken to narrow: what is not known to be harmless is shown.
 *
 * @param cast the values go through an explicit cast, which cuts where an assignment would fail
 */
export function compareTypes(from: ColumnType, to: ColumnType, cast: boolean): TypeChange {
  if (from.array !== to.array) {
    return narrows('an array and a single value do not convert without loss');
  }
  if (from.base === to.base) return sameBase(from, to, cast);
  return (
    amongTexts(from, to, cast) ??
    amongNumbers(from, to) ??
    amongTimes(from, to) ??
    toText(from, to) ??
    fromText(from, to) ??
    others(from, to)
  );
}

const none = (what: string): TypeChange => ({
  effect: 'none',
  rewrites: false,
  bySession: false,
  what,
});
const keeps = (what: string): TypeChange => ({
  effect: 'keeps',
  rewrites: true,
  bySession: false,
  what,
});
const reformats = (what: string, bySession = false): TypeChange => ({
  effect: 'reformats',
  rewrites: true,
  bySession,
  what,
});
const narrows = (what: string, bySession = false): TypeChange => ({
  effect: 'narrows',
  rewrites: true,
  bySession,
  what,
});

const SAME_STORAGE = 'the values stay as they are stored';

function sameBase(from: ColumnType, to: ColumnType, cast: boolean): TypeChange {
  if (LIMITED.has(from.base)) return byLength(from, to, cast);
  if (from.base === 'numeric') return numericToNumeric(from, to);
  if (TIMED.has(from.base)) {
    const [before, after] = [from.modifiers[0] ?? 6, to.modifiers[0] ?? 6];
    if (after < before) return narrows('fractions of a second are rounded');
  }
  return none(SAME_STORAGE);
}

const LIMITED = new Set(['varchar', 'bpchar', 'bit', 'varbit']);
const TIMED = new Set(['timestamp', 'timestamptz', 'time', 'timetz', 'interval']);

function lengthOf({ base, modifiers }: ColumnType): number {
  const [length] = modifiers;
  if (length !== undefined) return length;
  return base === 'bpchar' || base === 'bit' ? 1 : Number.POSITIVE_INFINITY;
}

const tooLong = (limit: number, cast: boolean) =>
  cast
    ? `what is longer than ${limit} is cut off without a word`
    : `the first value longer than ${limit} makes it fail`;

function byLength(from: ColumnType, to: ColumnType, cast: boolean): TypeChange {
  const [before, after] = [lengthOf(from), lengthOf(to)];
  if (after < before) return narrows(tooLong(after, cast));
  if (after === before || from.base === 'varchar' || from.base === 'varbit') {
    return none(SAME_STORAGE);
  }
  return keeps('the values are padded to the new length');
}

function numericToNumeric(from: ColumnType, to: ColumnType): TypeChange {
  const [precision, scale = 0] = to.modifiers;
  if (precision === undefined) return none(SAME_STORAGE);
  const [ownPrecision, ownScale = 0] = from.modifiers;
  if (ownPrecision === undefined || scale < ownScale) {
    return narrows(`values are rounded to ${scale} decimal places`);
  }
  if (precision - scale < ownPrecision - ownScale) {
    return narrows('the first value with more digits makes it fail');
  }
  return scale === ownScale ? none(SAME_STORAGE) : keeps('the values get more decimal places');
}

const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

function amongTexts(from: ColumnType, to: ColumnType, cast: boolean): TypeChange | undefined {
  if (!TEXTS.has(from.base) || !TEXTS.has(to.base)) return undefined;
  const limit = to.base === 'name' ? 63 : lengthOf(to);
  if ((LIMITED.has(to.base) || to.base === 'name') && limit < lengthOf(from)) {
    return narrows(tooLong(limit, cast || to.base === 'name'));
  }
  if (from.base === 'bpchar') return reformats('spaces at the end are cut off');
  if (to.base === 'bpchar') return reformats('shorter values are padded with spaces');
  return none(SAME_STORAGE);
}

/** Decimal digits that always fit. */
const INTEGERS: Record<string, { rank: number; digits: number }> = {
  int2: { rank: 1, digits: 5 },
  int4: { rank: 2, digits: 10 },
  int8: { rank: 3, digits: 19 },
};
const FLOATS = new Set(['float4', 'float8']);

function amongNumbers(from: ColumnType, to: ColumnType): TypeChange | undefined {
  const [small, large] = [INTEGERS[from.base], INTEGERS[to.base]];
  const fits = () => keeps('every value fits');
  if (small && large) {
    if (small.rank < large.rank) return fits();
    return narrows(`the first value too large for ${to.base} makes it fail`);
  }
  if (small && to.base === 'numeric') {
    const [precision, scale = 0] = to.modifiers;
    const roomy = precision === undefined || precision - scale >= small.digits;
    return roomy ? fits() : narrows('the first value with more digits makes it fail');
  }
  if (small && FLOATS.has(to.base)) {
    const exact = to.base === 'float8' ? small.rank < 3 : small.rank < 2;
    return exact ? fits() : narrows('large values lose their last digits');
  }
  if (from.base === 'float4' && to.base === 'float8') return fits();
  const number = (base: string) => base === 'numeric' || FLOATS.has(base);
  if (number(from.base) && (number(to.base) || large)) {
    return narrows(large ? 'fractions are rounded away' : 'values are rounded');
  }
  return undefined;
}

const WITH_ZONE = new Set(['timestamptz', 'timetz']);
const TIMES = new Set(['timestamptz', 'timestamp', 'date', 'timetz', 'time']);

function amongTimes(from: ColumnType, to: ColumnType): TypeChange | undefined {
  if (!TIMES.has(from.base) || !TIMES.has(to.base)) return undefined;
  if (WITH_ZONE.has(from.base)) {
    return narrows('times are turned into the local time of the session and lose their zone', true);
  }
  if (WITH_ZONE.has(to.base)) {
    return reformats('times are taken as local times of the session', true);
  }
  if (from.base === 'date') return keeps('every date becomes its midnight');
  return narrows(to.base === 'date' ? 'the time of the day is cut off' : 'the date is cut off');
}

/** The longest that a value of the type can be when it is printed. */
const PRINTED: Record<string, number> = { bool: 5, int2: 6, int4: 11, int8: 20, uuid: 36 };
const PRINTED_BY_SESSION = new Set(['timestamp', 'date', 'time', 'interval', 'money', 'bytea']);

function toText(from: ColumnType, to: ColumnType): TypeChange | undefined {
  if (!TEXTS.has(to.base)) return undefined;
  const limit = lengthOf(to);
  const roomy = limit >= (PRINTED[from.base] ?? Number.POSITIVE_INFINITY);
  if (LIMITED.has(to.base) && !roomy) return narrows(tooLong(limit, false));
  if (WITH_ZONE.has(from.base)) {
    return narrows('times are printed in the session’s time zone and format', true);
  }
  if (from.base === 'jsonb') {
    return narrows('documents become plain text that nothing checks or searches any more');
  }
  const bySession = PRINTED_BY_SESSION.has(from.base);
  return reformats('values are printed as text', bySession);
}

function fromText(from: ColumnType, to: ColumnType): TypeChange | undefined {
  if (!TEXTS.has(from.base)) return undefined;
  const bySession = TIMES.has(to.base) || to.base === 'interval' || to.base === 'money';
  return narrows(`the first text that is no ${to.base} makes it fail`, bySession);
}

function others(from: ColumnType, to: ColumnType): TypeChange {
  const pair = `${from.base} ${to.base}`;
  if (pair === 'json jsonb') return narrows('key order, duplicate keys and spacing are lost');
  if (pair === 'jsonb json') return narrows('indexes and operators of jsonb no longer apply');
  if (pair === 'cidr inet') return none(SAME_STORAGE);
  if (from.base === 'bool' && INTEGERS[to.base]) return keeps('every value fits');
  return narrows(`the first value that ${to.base} does not have makes it fail`);
}
