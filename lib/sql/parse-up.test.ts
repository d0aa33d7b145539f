import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnTypesOf } from './column-types-of';
import { parseUp } from './index';

const BREAKPOINT = '--> statement-breakpoint';

describe('a migration file', () => {
  test('is cut where drizzle cuts it, with the lines of the file', async () => {
    const up = await parseUp(
      `CREATE TABLE a (x int);\n${BREAKPOINT}\nCREATE INDEX i ON a (x);\nSELECT 1;${BREAKPOINT}\n\nDROP TABLE "b;c"`,
    );
    expect(up.chunks).toMatchObject([
      { line: 1, statements: [{ line: 1, kind: 'CreateStmt', text: 'CREATE TABLE a (x int)' }] },
      {
        line: 2,
        statements: [
          { line: 3, kind: 'IndexStmt', transactional: true },
          { line: 4, kind: 'SelectStmt', text: 'SELECT 1' },
        ],
      },
      { line: 4, statements: [{ line: 6, kind: 'DropStmt', text: 'DROP TABLE "b;c"' }] },
    ]);
  });

  test.each([
    'SELECT 1;',
    '',
    `${BREAKPOINT}\n${BREAKPOINT}`,
    `a;\r\n${BREAKPOINT}\r\nb;\r\n`,
    "SELECT '--> statement-breakpoint'",
    '\uFEFFSELECT 1',
    'SELECT \0',
  ])('put together again is what it was: %j', async (text) => {
    const { chunks } = await parseUp(text);
    expect(chunks.map((chunk) => chunk.text).join(BREAKPOINT)).toBe(text);
  });

  test('bad SQL is left as it is, and the rest is read', async () => {
    const up = await parseUp(`SELECT 1;${BREAKPOINT}\nCREATE TABEL a;${BREAKPOINT}\nSELECT 2;`);
    expect(up.chunks.map(({ statements }) => statements?.length)).toEqual([1, undefined, 1]);
    expect(up.opaque).toBe(true);
  });

  test('an expression that overflows the parser spoils its own chunk only', async () => {
    const deep = `SELECT 1${'+1'.repeat(200_000)};`;
    const up = await parseUp(`${deep}${BREAKPOINT}CREATE TABLE "A" (x int)`);
    expect(up.chunks.map(({ statements }) => statements?.length)).toEqual([undefined, 1]);
    expect(up.touched[0]).toMatchObject({ name: 'public."A"', effect: 'creates' });
  });

  test.each<[string, Partial<Awaited<ReturnType<typeof parseUp>>>]>([
    ['CREATE TABLE a (x int)', { ownTransaction: false, wrapped: false, nonTransactional: false }],
    ['BEGIN;\nDROP TABLE a;\nCOMMIT;', { ownTransaction: true, wrapped: true }],
    [
      `BEGIN;${BREAKPOINT}DROP TABLE a;${BREAKPOINT}COMMIT;`,
      { ownTransaction: true, wrapped: true },
    ],
    ['DROP TABLE a; COMMIT', { ownTransaction: true, wrapped: false }],
    ['BEGIN; DROP TABLE a; COMMIT; DROP TABLE b', { ownTransaction: true, wrapped: false }],
    ['SAVEPOINT s; DROP TABLE a; RELEASE s', { ownTransaction: false, wrapped: false }],
    ['DO $$ BEGIN COMMIT; END $$', { ownTransaction: true, nonTransactional: true }],
    [
      'CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$',
      { ownTransaction: false, nonTransactional: false },
    ],
    ['CREATE INDEX CONCURRENTLY i ON a (x)', { ownTransaction: false, nonTransactional: true }],
    ['ALTER SYSTEM SET work_mem = 1', { nonTransactional: true }],
    ["ALTER TYPE mood ADD VALUE 'x'", { addsEnumValues: true, nonTransactional: false }],
    ["ALTER TYPE mood RENAME VALUE 'x' TO 'y'", { addsEnumValues: false }],
    ["DO $$ BEGIN EXECUTE 'DROP TABLE ' || x; END $$", { opaque: true }],
    ["DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$", { opaque: false }],
    ['DO LANGUAGE plpython3u $$ pass $$', { opaque: true }],
  ])('%s', async (text, expected) => {
    expect(await parseUp(text)).toMatchObject(expected);
  });

  test('never throws, and always gives the text back', async () => {
    const part = fc.constantFrom(
      ...["'", '"', ';', '$$', '$a$', '\\', '\n', '\r\n', '--', '/*', '*/', 'é', '😀', BREAKPOINT],
      ...['CREATE TABLE a (x int);', 'DO $$ BEGIN NULL; END $$;', "E'\\''", 'BEGIN;', 'COMMIT;'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 20 }), async (parts) => {
        const text = parts.join(' ');
        const up = await parseUp(text);
        expect(up.chunks.map((chunk) => chunk.text).join(BREAKPOINT)).toBe(text);
        const lines = text.split('\n');
        for (const { text: own, line } of up.chunks.flatMap((chunk) => chunk.statements ?? [])) {
          expect(lines.slice(line - 1).join('\n')).toContain(own);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a migration touches', () => {
  const touchedBy = async (text: string) =>
    (await parseUp(text)).touched.map(
      ({ effect, sort, name, implicit }) => `${effect} ${sort} ${name}${implicit ? ' *' : ''}`,
    );

  test.each<[string, string[]]>([
    [
      'CREATE TABLE "Rooms" (id serial PRIMARY KEY, "user" text UNIQUE)',
      [
        'creates relation public."Rooms"',
        'creates column public."Rooms".id',
        'creates relation public."Rooms_id_seq" *',
        'creates constraint public."Rooms"."Rooms_pkey" *',
        'creates relation public."Rooms_pkey" *',
        'creates column public."Rooms"."user"',
        'creates constraint public."Rooms"."Rooms_user_key" *',
        'creates relation public."Rooms_user_key" *',
      ],
    ],
    [
      'CREATE UNIQUE INDEX i ON app.a (x, lower(y))',
      ['creates relation app.i', 'names relation app.a', 'names column app.a.x'],
    ],
    [
      'ALTER TABLE a DROP COLUMN x, ALTER y SET NOT NULL, ADD CONSTRAINT c CHECK (z > 0)',
      [
        'alters relation public.a',
        'drops column public.a.x',
        'alters column public.a.y',
        'creates constraint public.a.c',
      ],
    ],
    ['DROP TRIGGER t ON app.a', ['drops trigger app.a.t']],
    ['DROP FUNCTION app.f(int)', ['drops routine app.f']],
    [
      'ALTER TYPE mood RENAME TO feeling',
      ['drops type public.mood', 'creates type public.feeling'],
    ],
    [
      'ALTER TABLE a SET SCHEMA app',
      ['drops relation public.a', 'creates relation app.a', 'names schema app'],
    ],
    ['CREATE ROLE r; DROP ROLE IF EXISTS s', ['creates role r', 'drops role s']],
    ['SET search_path = app; DROP INDEX i', ['drops relation app.i']],
    ['CREATE TEMP TABLE t (x int); INSERT INTO t VALUES (1)', []],
    [
      'TRUNCATE a; UPDATE b SET x = 1',
      [
        'writes_rows relation public.a',
        'writes_rows relation public.b',
        'writes_rows column public.b.x',
      ],
    ],
  ])('%s', async (text, expected) => {
    expect(await touchedBy(text)).toEqual(expected);
  });

  test('tells the types that it leaves behind', async () => {
    const typeOf = columnTypesOf(
      await parseUp(
        'CREATE TABLE a (x serial, y varchar(9)[], z int); ALTER TABLE a ALTER y TYPE jsonb, DROP COLUMN z, ALTER x SET NOT NULL; ALTER TABLE app."B" ADD COLUMN "C" timestamp(3) with time zone',
      ),
    );
    expect(typeOf('public.a', 'x')).toBe('integer');
    expect(typeOf('public.a', 'y')).toBe('jsonb');
    expect(typeOf('public.a', 'z')).toBeUndefined();
    expect(typeOf('app."B"', 'C')).toBe('timestamp with time zone(3)');
    expect(typeOf('public.b', 'x')).toBeUndefined();
  });
});
