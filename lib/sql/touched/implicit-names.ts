/** NAMEDATALEN of PostgreSQL less the closing zero. */
const MAX_NAME_BYTES = 63;

/**
 * The name that PostgreSQL makes up for an index, constraint or sequence: `rooms_topic_idx`. Long names
 * are cut as the server cuts them: the longer of the two parts first.
 */
export function implicitName(table: string, columns: readonly string[], label: string): string {
  const parts = [table, columns.join('_')].map((part) => Buffer.from(part));
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = parts;
  const overhead = 1 + label.length + (second.length > 0 ? 1 : 0);
  const available = MAX_NAME_BYTES - overhead;
  let [one, two] = [first.length, second.length];
  while (one + two > available) {
    if (one > two) one -= 1;
    else two -= 1;
  }
  const kept = [clip(first, one), clip(second, two), label].filter((part) => part !== '');
  return kept.join('_');
}

/** Never half a character. */
function clip(bytes: Buffer, length: number): string {
  let end = Math.min(length, bytes.length);
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
