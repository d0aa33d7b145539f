import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScript } from './index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

/** Characters that trip a naive splitter, and some that trip whoever mixes up bytes and characters. */
const nasty = fc.constantFrom(
  ...["'", '"', ';', '$', '$$', '$a$', '\\', '\n', '\r\n', '--', '/*', '*/', '\t', 'é', '😀'],
  ...['\u00a0', 'BEGIN;', 'COMMIT', '\\d', 'x', '0', ' '],
);
const text = fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join(''));

const plainString = text.map((value) => `'${value.replaceAll("'", "''")}'`);
const escapeString = text.map(
  (value) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
);
const dollarString = fc
  .tuple(fc.constantFrom('', 'a', 'tag_1', 'é'), text)
  // The body must not hold the tag itself, nor end in a dollar that would join it.
  .filter(([tag, value]) => !`${value}$`.includes(`$${tag}$`))
  .map(([tag, value]) => `$${tag}$${value}$${tag}$`);
const quotedName = text
  .filter((value) => value.length > 0)
  .map((value) => `"${value.replaceAll('"', '""')}"`);
const unicodeName = fc.constantFrom('U&"d\\0061t;a"', 'U&"\\+01F600"', 'naïve', '表');
const blockComment = text.map((value) => `/* ${value.replaceAll(/[*/]/g, '')} /* ; ' */ ; */`);
const lineComment = text.map((value) => `-- ${value.replaceAll(/[\r\n]/g, '')}; '\n`);
const space = fc.oneof(
  fc.constantFrom(' ', '\n', '\r\n', '\t', '\n\n\n'),
  blockComment.map((comment) => ` ${comment} `),
  lineComment.map((comment) => ` ${comment}`),
);

const literal = fc.oneof(plainString, escapeString, dollarString);
const name = fc.oneof(quotedName, unicodeName);
/** Every template starts and ends with a word of its own, so that its text is known to the byte. */
const statement = fc.oneof(
  fc.tuple(literal, space, name).map(([a, gap, b]) => `SELECT ${a} AS${gap}${b}`),
  fc.tuple(space, name).map(([gap, a]) => `DROP TABLE IF EXISTS${gap}${a}`),
  fc.tuple(name, space, literal).map(([a, gap, b]) => `COMMENT ON TABLE ${a}${gap}IS ${b}`),
  fc.tuple(name, literal, space).map(([a, b, gap]) => `UPDATE ${a} SET x =${gap}${b} WHERE true`),
  dollarString.map((body) => `CREATE FUNCTION f() RETURNS int LANGUAGE x AS ${body}`),
  fc
    .tuple(literal, space)
    .map(([a, gap]) => `CREATE PROCEDURE p() BEGIN ATOMIC SELECT ${a};${gap}SELECT 2; END`),
);
const separator = fc
  .tuple(fc.array(space, { maxLength: 2 }), fc.array(space, { maxLength: 3 }))
  // An empty statement between two is none.
  .chain(([before, after]) =>
    fc.constantFrom(';', ';;', '; ;').map((end) => [before.join(''), end, after.join('')] as const),
  );

const lineOf = (script: string, offset: number) => script.slice(0, offset).split('\n').length;

test('statements put together come apart as they were, each on its line', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(statement, separator), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (parts, byteOrderMark) => {
        let script = '';
        const expected: { text: string; line: number }[] = [];
        for (const [sql, [before, end, after]] of parts) {
          expected.push({ text: sql, line: lineOf(script, script.length) });
          script += `${sql}${before}${end}${after}`;
        }
        const parsed = await parseScript(Buffer.from((byteOrderMark ? '\uFEFF' : '') + script), {
          tracking,
        });
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
        expect(parsed.statements).toHaveLength(expected.length);
        parsed.statements.forEach((found, index) => {
          const wanted = expected[index];
          expect(found.line).toBe(wanted?.line);
          // A comment between a statement and its semicolon counts as part of the statement.
          expect(found.text.startsWith(wanted?.text ?? '')).toBe(true);
          expect(script).toContain(found.text);
        });
      },
    ),
    { numRuns: 400 },
  );
});

test('what is cut out parses to the same single statement again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 6 }), async (parts) => {
      const first = await parseScript(Buffer.from(parts.join(';\r\n')), { tracking });
      if (!first.ok) throw new Error(JSON.stringify(first.refusals));
      for (const { text: sql, kind, hazards } of first.statements) {
        const again = await parseScript(Buffer.from(sql), { tracking });
        expect(again).toMatchObject({ ok: true, statements: [{ text: sql, kind, hazards }] });
      }
    }),
    { numRuns: 200 },
  );
});

test('arbitrary bytes are read or refused, never thrown', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.oneof(nasty, statement, space), { maxLength: 10 })
      .map((parts) => Buffer.from(parts.join(''))),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (script) => {
      const parsed = await parseScript(script, { tracking });
      if (parsed.ok) return;
      expect(parsed.refusals.length).toBeGreaterThan(0);
      for (const { message, line } of parsed.refusals) {
        expect(message).not.toBe('');
        expect(line ?? 1).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 400 },
  );
});
