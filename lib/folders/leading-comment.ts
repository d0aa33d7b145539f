/**
 * The comment that a script begins with: where people write which migration it is for. Line ends and a
 * byte order mark make no difference.
 * @param text the beginning of the file is enough
 */
export function leadingComment(text: string): string {
  const lines: string[] = [];
  let rest = text.replace(/^\uFEFF/, '');
  for (;;) {
    rest = rest.trimStart();
    if (rest.startsWith('--')) {
      const end = rest.search(/[\r\n]/);
      lines.push((end < 0 ? rest : rest.slice(0, end)).slice(2).trim());
      if (end < 0) break;
      rest = rest.slice(end);
    } else if (rest.startsWith('/*')) {
      const end = rest.indexOf('*/');
      const block = end < 0 ? rest.slice(2) : rest.slice(2, end);
      lines.push(...block.split(/\r\n|\r|\n/).map((line) => line.trim()));
      if (end < 0) break;
      rest = rest.slice(end + 2);
    } else break;
  }
  return lines.join('\n').trim();
}

/**
 * Words of a text that look like a migration's tag: a number and a name. Dates and plain numbers do
 * not.
 */
export function tagLikeWords(text: string): string[] {
  const words = text.match(/(?<![A-Za-z0-9_.-])\d{3,}_[A-Za-z][A-Za-z0-9_-]*/g) ?? [];
  return [...new Set(words.map((word) => word.replace(/[-_]+$/, '')))];
}

/** Whether a text has a tag as a word of its own. */
export function mentions(text: string, tag: string): boolean {
  const word = /[A-Za-z0-9_-]/;
  for (let at = text.indexOf(tag); at >= 0; at = text.indexOf(tag, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + tag.length] ?? ' ';
    if (!word.test(before) && !word.test(after)) return true;
  }
  return false;
}
