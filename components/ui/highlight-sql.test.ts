import { describe, expect, it } from 'vitest';
import { highlightSql } from '@/components/ui/highlight-sql';
import { linesText, type SqlTokenKind } from '@/components/ui/sql-tokens';

async function kindsOf(text: string): Promise<[string, SqlTokenKind | undefined][]> {
  const lines = await highlightSql(text);
  return lines.flat().map((token) => [token.text, token.kind]);
}

describe('highlightSql', () => {
  it('keeps the text to the byte', async () => {
    const text =
      '-- undo\n\tALTER TABLE "a" DROP COLUMN "b";\n\n  /* two\nlines */ SELECT \'ü\', $1;';
    expect(linesText(await highlightSql(text))).toBe(text);
  });

  it('drops only the line feed at the end of the file', async () => {
    expect(await highlightSql('SELECT 1;\n')).toHaveLength(1);
    expect(await highlightSql('SELECT 1;\n\n')).toHaveLength(2);
  });

  it('colours the words of a PostgreSQL definition', async () => {
    const kinds = await kindsOf('ALTER TABLE "agents" DROP COLUMN "visibility_list";');
    expect(kinds.filter(([, kind]) => kind === 'kw').map(([text]) => text)).toEqual([
      'ALTER',
      'TABLE',
      'DROP',
      'COLUMN',
    ]);
  });

  it('leaves quoted identifiers plain and colours strings, numbers and comments', async () => {
    const kinds = await kindsOf(`UPDATE "column" SET n = 42, s = 'DROP COLUMN'; -- table`);
    expect(kinds).toContainEqual(['42', 'num']);
    expect(kinds).toContainEqual(["'DROP COLUMN'", 'str']);
    expect(kinds).toContainEqual(['-- table', 'com']);
    expect(kinds.find(([text]) => text.includes('"column"'))?.[1]).toBeUndefined();
  });

  it('does not take the column of a tracking table for a keyword', async () => {
    const kinds = await kindsOf('DELETE FROM t WHERE hash = 1');
    expect(kinds.find(([text]) => text.includes('hash'))?.[1]).toBeUndefined();
  });
});
