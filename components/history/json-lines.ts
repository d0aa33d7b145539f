import type { SqlLine, SqlTokenKind } from '@/components/ui/sql-tokens';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/g;

/** Recorded data as indented JSON, line by line, coloured as the code of the other pages is. */
export function jsonLines(value: unknown): SqlLine[] {
  return JSON.stringify(value, null, 2).split('\n').map(tokens);
}

function tokens(line: string): SqlLine {
  const found: SqlLine = [];
  let end = 0;
  for (const match of line.matchAll(TOKEN)) {
    if (match.index > end) found.push({ text: line.slice(end, match.index) });
    const [whole, text, colon] = match;
    const kind: SqlTokenKind = text === undefined ? 'num' : colon ? 'kw' : 'str';
    found.push({ text: text ?? whole, kind });
    if (colon) found.push({ text: colon });
    end = match.index + whole.length;
  }
  if (end < line.length) found.push({ text: line.slice(end) });
  return found;
}
