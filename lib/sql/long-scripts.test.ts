import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScript, parseUp } from './index';
import { nextPiece } from './next-piece';
import { loadParser } from './postgres-parser';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };
const parse = (script: string) => parseScript(Buffer.from(script), { tracking });

const KIB = 1024;
/** Comments are free to be long, so that borders fall anywhere. */
const filler = (bytes: number) => `/* ${';\n'.repeat(Math.ceil(bytes / 2))} /* nested; */ */`;

describe('a script of several pieces', () => {
  /** Each has ends of lines with a semicolon that end no statement. */
  const statement = fc.constantFrom(
    "DO $x$\nBEGIN\n  DELETE FROM a;\n  UPDATE b SET c = ';\n';\nEND $x$",
    "INSERT INTO a VALUES (';\n', E'\\';\n', $$;\n$$)",
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n  SELECT 1;\n  SELECT 2;\nEND',
    'CREATE RULE r AS ON INSERT TO a DO (\n  DELETE FROM b;\n  DELETE FROM c;\n)',
    'SELECT 1\n-- not here;\n+ 2',
    'SELECT 1 /* nor here;\n /* nor */ here;\n */ + 2',
    'DROP TABLE "a;\nb", U&"\\0061;\n"',
    'DROP TABLE naïve, 表',
  );
  const ending = fc.constantFrom(';\n', ';\r\n', ';', '; -- then\n', ';--> statement-breakpoint\n');
  const part = fc.tuple(statement, ending, fc.integer({ min: 0, max: 90 * KIB }));

  test('is cut as it is cut in one piece', async () => {
    const parser = await loadParser();
    await fc.assert(
      fc.property(fc.array(part, { minLength: 4, maxLength: 16 }), (parts) => {
        const script = parts.map(([sql, end, room]) => `${filler(room)}${sql}${end}`).join('');
        const bytes = Buffer.from(script);
        const whole = parser.parse(script);
        if (!whole.ok) throw new Error(whole.message);
        const found: { start: number; end: number }[] = [];
        for (let start = 0; start < bytes.length; ) {
          const piece = nextPiece(parser, bytes, start);
          if (piece.ok !== true) throw new Error(JSON.stringify(piece));
          found.push(...piece.statements);
          start = piece.end;
        }
        const own = ({ start, end }: { start: number; end: number }) =>
          bytes
            .subarray(start, end)
            .toString()
            .replace(/^(\s|\/\*[\s\S]*\*\/|--.*\n)+/, '')
            .trim();
        expect(found.map(own)).toEqual(whole.statements.map(own));
      }),
      { numRuns: 40 },
    );
  });

  test('has the lines of the file, and one transaction around it is still seen', async () => {
    const body = Array.from(
      { length: 4_000 },
      (_, i) => `INSERT INTO a VALUES (${i}, '${'x'.repeat(90)}');`,
    );
    const parsed = await parse(['BEGIN;', ...body, 'COMMIT;'].join('\n'));
    expect(parsed).toMatchObject({ ok: true, unwrapped: true });
    const statements = parsed.ok ? parsed.statements : [];
    expect(statements).toHaveLength(body.length);
    expect(statements.at(-1)).toMatchObject({
      index: 3_999,
      line: 4_001,
      text: body.at(-1)?.slice(0, -1),
    });
  });

  test('names what is wrong in each piece', async () => {
    const fine = `INSERT INTO a VALUES ('${'x'.repeat(90)}');\n`.repeat(2_000);
    const parsed = await parse(
      `VACUUM;\nDROP DATABASE a;\n${fine}\\d\n${fine}SET ROLE b;\n${fine}`,
    );
    expect(parsed).toMatchObject({
      ok: false,
      refusals: [
        { code: 'forbidden_statement', line: 2 },
        { code: 'psql_meta_command', line: 2_003 },
        { code: 'changes_role', line: 4_004 },
      ],
    });
    expect(await parse(`${fine}DROP TABEL a;\n${fine}`)).toMatchObject({
      ok: false,
      refusals: [{ code: 'syntax_error', line: 2_001 }],
    });
  });

  test('rows of a COPY are told as what they are, wherever a piece ends', async () => {
    const row = `1\t${'x'.repeat(60)}\\N\n`;
    for (const before of [0, 1_400, 2_800, 3_000]) {
      const fine = `DROP TABLE ${'a'.repeat(30)};\n`.repeat(before);
      const parsed = await parse(`${fine}COPY b FROM stdin;\n${row.repeat(4_000)}\\.\n`);
      expect(parsed).toMatchObject({
        ok: false,
        refusals: [{ code: 'copy_from_stdin', line: before + 1 }],
      });
    }
  });
});

describe('what is too much', () => {
  test('100 MB are refused at once, without being read', async () => {
    const script = Buffer.alloc(100 * KIB * KIB, 'INSERT INTO a VALUES (1);\n');
    const heapBefore = process.memoryUsage().rss;
    const parsed = await parseScript(script, { tracking });
    expect(parsed).toMatchObject({ ok: false, refusals: [{ code: 'too_large' }] });
    expect(process.memoryUsage().rss - heapBefore).toBeLessThan(300 * KIB * KIB);
  });

  test('a statement of several MiB is refused with its line', async () => {
    const rows = "(1, 'x'),\n".repeat(200_000);
    const parsed = await parse(
      `DROP TABLE a;\n${filler(130 * KIB)}\n;\nINSERT INTO b VALUES\n${rows}(2, 'y');\n`,
    );
    expect(parsed).toMatchObject({ ok: false, refusals: [{ code: 'too_large' }] });
    const line = parsed.ok ? undefined : parsed.refusals[0]?.line;
    expect(line).toBeGreaterThan(1);
  });

  test('a list of all that is too many is refused', async () => {
    const parsed = await parse('DROP TABLE a;\n'.repeat(50_001));
    expect(parsed).toMatchObject({ ok: false, refusals: [{ code: 'too_large', line: 50_001 }] });
  });

  test('a migration of any size gives its text back, read or not', async () => {
    const text = `CREATE TABLE a (x int);--> statement-breakpoint\nINSERT INTO a VALUES ${'(1),'.repeat(600_000)}(2);`;
    const up = await parseUp(text);
    expect(up.chunks.map((chunk) => chunk.text).join('--> statement-breakpoint')).toBe(text);
    expect(up.chunks.map(({ statements }) => statements?.length)).toEqual([1, undefined]);
  });
});
