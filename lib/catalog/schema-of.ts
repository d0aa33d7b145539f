/** `public.` of `public.rooms`; a quoted schema may have dots of its own. */
export function schemaOf(table: string): string {
  return /^(?:"(?:[^"]|"")*"|[^".]*)\./.exec(table)?.[0] ?? '';
}
