/** Half of a surrogate pair without its other half. */
const LONE_SURROGATE = /\p{Cs}/u;

/** Whether PostgreSQL can hold this text and gives the same back: no NUL, no half of a character. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !LONE_SURROGATE.test(text);
}

/** The same value with U+FFFD wherever a text holds what PostgreSQL can't. */
export function toStorable<T>(value: T): T {
  return storable(value) as T;
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return isStorable(value) ? value : mend(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [mend(key), storable(item)]),
  );
}

// UTF-8 has no bytes for half of a character, so writing and reading replaces it.
const mend = (text: string): string => Buffer.from(text).toString().replaceAll('\0', '\uFFFD');
