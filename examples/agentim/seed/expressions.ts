/** A time or JSON value whose column is text at older heads, or any other SQL expression. */
export type SeedValue = string | { time: string } | { json: string };

/** Rows for one table: an SQL FROM clause and, over its names, an expression for each column. */
export interface TableRows {
  table: string;
  from: string;
  columns: Record<string, SeedValue>;
}

/** How the application writes a time into a text column: JavaScript's toISOString(). */
export const isoFormat = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

export const userCount = 200;
export const agentCount = 24;
export const roomCount = 40;
export const messageCount = 60_000;

/** Rooms 1 to 30 are groups with agents, 31 to 38 are direct, 39 and 40 are broadcasts. */
export const groupRooms = 30;
export const directRooms = 8;

/**
 * A number from 0 to n - 1 that looks random and is always the same for the same salt and integer
 * key. PostgreSQL keeps these hashes the same from version to version: hash partitions rely on it.
 */
export function pick(salt: string, key: string, n: number | string): string {
  return `((hashint8extended(${key}, ${saltNumber(salt)}) & 2147483647)::int % (${n}))`;
}

/** FNV-1a, 32 bits. */
function saltNumber(salt: string): number {
  let hash = 0x811c9dc5;
  for (const character of salt) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The value at a zero-based index; repeat a value to make it more frequent. */
export function nth(values: readonly string[], index: string): string {
  return `(ARRAY[${values.map(literal).join(', ')}])[1 + (${index})]`;
}

export function oneOf(values: readonly string[], salt: string, key: string): string {
  return nth(values, pick(salt, key, values.length));
}

export function id(prefix: string, key: string): string {
  return `'${prefix}_' || substr(md5('${prefix}:' || (${key})), 1, 12)`;
}

/** Seconds are added, never days: a day's length depends on the session's time zone. */
export function after(time: string, seconds: string): string {
  return `(${time} + make_interval(secs => ${seconds}))`;
}

export function instant(iso: string): string {
  return `timestamptz '${iso}'`;
}

/** A time within `days` days after `iso`, to the millisecond. */
export function within(iso: string, days: number, salt: string, key: string): string {
  return after(instant(iso), `${pick(salt, key, days * 86_400)} + ${millis(salt, key)}`);
}

/** A fraction of a second; text columns keep three digits of it. */
export function millis(salt: string, key: string): string {
  return `${pick(`${salt}.ms`, key, 1000)} / 1000.0`;
}

/** Message n is sent after message n - 1: the spread stays below the step. */
export function messageTime(n: string): string {
  return after(
    instant('2026-01-05T06:00:00Z'),
    `(${n}) * 409 + ${pick('sent', n, 400)} + ${millis('sent', n)}`,
  );
}

export function roomSize(room: string): string {
  return `(CASE WHEN ${room} <= ${groupRooms} THEN 12 + ${pick('size', room, 49)}
    WHEN ${room} <= ${groupRooms + directRooms} THEN 2 ELSE 190 END)`;
}

/** Number of the k-th member of a room; 7 and 200 share no divisor, so no user comes twice. */
export function member(room: string, k: string): string {
  return `(1 + (${room} * 37 + (${k}) * 7) % ${userCount})`;
}

export const agentsPerRoom = 3;

/** Number of the k-th agent of a group room, k below `agentsPerRoom`. */
export function roomAgent(room: string, k: string): string {
  return `(1 + (${room} * 5 + (${k}) * 7) % ${agentCount})`;
}
