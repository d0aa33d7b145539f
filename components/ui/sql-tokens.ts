/** What a piece of SQL is, as far as colour goes. None: identifiers, operators, white space. */
export type SqlTokenKind = 'kw' | 'str' | 'num' | 'com' | 'fn';

export interface SqlToken {
  text: string;
  kind?: SqlTokenKind;
}

/** One line of SQL, without its line feed. */
export type SqlLine = SqlToken[];

export const sqlTokenClass: Record<SqlTokenKind, string> = {
  kw: 'font-medium text-sql-kw',
  str: 'text-sql-str',
  num: 'text-sql-num',
  com: 'text-sql-com',
  fn: 'text-sql-fn',
};

/** Lines without colour, for text that is not SQL or came in after the page was rendered. */
export function plainLines(text: string): SqlLine[] {
  return text
    .replace(/\n$/, '')
    .split(/\r?\n/)
    .map((line) => [{ text: line }]);
}

/** The text that the lines were made from. */
export function linesText(lines: readonly SqlLine[]): string {
  return lines.map((line) => line.map((token) => token.text).join('')).join('\n');
}
