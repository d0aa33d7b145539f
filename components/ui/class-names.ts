type ClassValue = string | false | null | undefined;

/** Joins class names and leaves out the falsy ones. Later classes do not override earlier ones. */
export function classNames(...values: ClassValue[]): string {
  return values.filter(Boolean).join(' ');
}
