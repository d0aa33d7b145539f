import { describe, expect, test } from 'vitest';
import { compareWithUp, parseScript, parseUp } from './index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

async function compare(up: string, down: string) {
  const parsed = await parseScript(Buffer.from(down), { tracking });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  return compareWithUp(await parseUp(up), parsed, tracking);
}

const words = async (up: string, down: string) =>
  (await compare(up, down)).map(({ line, code, label }) => `${line} ${code}: ${label}`);

describe('a script that belongs to its migration', () => {
  test.each<[string, string]>([
    ['CREATE TABLE a (id serial PRIMARY KEY, x text UNIQUE)', 'DROP TABLE IF EXISTS a'],
    [
      'CREATE TABLE a (id serial PRIMARY KEY)',
      'DROP SEQUENCE IF EXISTS a_id_seq CASCADE; DROP TABLE a',
    ],
    ['CREATE TABLE "public"."A" (id int)', 'DROP TABLE "A"'],
    ['CREATE TABLE app.a (id int)', 'SET LOCAL search_path = app; DROP TABLE a'],
    ['ALTER TABLE a ADD COLUMN x int', 'ALTER TABLE public.a DROP COLUMN IF EXISTS x'],
    [
      'ALTER TABLE a ADD COLUMN x int REFERENCES b (id)',
      'ALTER TABLE a DROP CONSTRAINT IF EXISTS a_x_fkey; ALTER TABLE a DROP COLUMN x',
    ],
    ['CREATE INDEX i ON a (x)', 'DROP INDEX IF EXISTS i'],
    ['CREATE INDEX ON a (x)', 'DROP INDEX IF EXISTS a_x_idx'],
    ['CREATE INDEX i ON app.a (x)', 'DROP INDEX app.i'],
    ['DROP INDEX i', 'CREATE INDEX IF NOT EXISTS i ON a (x)'],
    [
      'ALTER TABLE a DROP CONSTRAINT c; ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES b ON DELETE CASCADE',
      'ALTER TABLE a DROP CONSTRAINT IF EXISTS c; ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES b',
    ],
    ['DROP TABLE a', 'CREATE TABLE IF NOT EXISTS a (x int); CREATE INDEX a_x ON a (x)'],
    // The index went with its column.
    ['ALTER TABLE a DROP COLUMN x', 'ALTER TABLE a ADD COLUMN x int; CREATE INDEX a_x ON a (x)'],
    // CASCADE took along what nobody named.
    ['DROP TABLE a CASCADE', 'CREATE TABLE a (x int); CREATE VIEW v AS SELECT x FROM a'],
    ['ALTER TABLE a RENAME TO b', 'ALTER TABLE b RENAME TO a'],
    ['ALTER TABLE a RENAME COLUMN x TO y', 'ALTER TABLE a RENAME COLUMN y TO x'],
    [
      "CREATE TYPE mood AS ENUM ('a'); ALTER TABLE a ADD COLUMN m mood",
      'ALTER TABLE a DROP COLUMN m; DROP TYPE IF EXISTS mood',
    ],
    [
      "ALTER TYPE mood ADD VALUE 'b'",
      "ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('a'); DROP TYPE mood_old",
    ],
    [
      'CREATE POLICY p ON a; ALTER TABLE a ENABLE ROW LEVEL SECURITY',
      'DROP POLICY IF EXISTS p ON a; ALTER TABLE a DISABLE ROW LEVEL SECURITY',
    ],
    [
      'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$',
      'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    ],
    ['INSERT INTO a (x) VALUES (1)', 'DELETE FROM a WHERE x = 1'],
    [
      'ALTER TABLE a ADD COLUMN x int',
      'UPDATE a SET y = 1 WHERE x = 2; ALTER TABLE a DROP COLUMN x',
    ],
    ['CREATE SCHEMA app; CREATE TABLE app.a (x int)', 'DROP TABLE app.a; DROP SCHEMA app'],
    ['GRANT SELECT ON a TO reader', 'REVOKE SELECT ON a FROM reader'],
    ['CREATE EXTENSION citext', 'DROP EXTENSION IF EXISTS citext'],
    [
      "DO $$ BEGIN CREATE TYPE mood AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
      'DROP TYPE IF EXISTS mood',
    ],
    [
      'ALTER TABLE a ADD COLUMN x int',
      "ALTER TABLE a DROP COLUMN x; DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'x'",
    ],
    [
      'ALTER TABLE a ADD COLUMN x int',
      'CREATE TEMP TABLE kept AS SELECT 1; DROP TABLE kept; ALTER TABLE a DROP COLUMN x',
    ],
    ["COMMENT ON COLUMN a.x IS 'new'", 'COMMENT ON COLUMN a.x IS NULL'],
    // What it touches is put together at run time, so nobody knows.
    [
      "DO $$ BEGIN EXECUTE format('CREATE INDEX %I ON a (x)', 'i'); END $$",
      'DROP INDEX IF EXISTS i',
    ],
    ['SELECT install_everything()', 'DROP TABLE IF EXISTS a'],
    ['CREATE TABEL a', 'DROP TABLE IF EXISTS a'],
  ])('%s / %s', async (up, down) => {
    expect(await words(up, down)).toEqual([]);
  });
});

describe('a script that does not', () => {
  test.each<[string, string, string[]]>([
    [
      'CREATE TABLE a (x int)',
      'ALTER TABLE organizers DROP COLUMN IF EXISTS reviewed_at;\nDROP INDEX IF EXISTS o_idx',
      ['1 no_effect_expected: Names nothing that the migration touched'],
    ],
    [
      'CREATE INDEX i ON a (x)',
      '-- undo\nDROP INDEX IF EXISTS i;\nDROP INDEX IF EXISTS j',
      ['3 no_effect_expected: Nothing to do for j'],
    ],
    [
      'CREATE INDEX i ON a (x)',
      'DROP INDEX i;\nDROP INDEX j;\nALTER TABLE a DROP COLUMN y',
      [
        '2 touches_other_object: Touches j, which the migration did not',
        '3 touches_other_object: Touches column a.y, which the migration did not',
      ],
    ],
    // A unique index is not dropped as a constraint.
    [
      'CREATE UNIQUE INDEX u ON a (x)',
      'ALTER TABLE a DROP CONSTRAINT IF EXISTS u',
      ['1 no_effect_expected: Nothing to do for constraint a.u'],
    ],
    // A constraint under a name that it never had.
    [
      'ALTER TABLE a ADD CONSTRAINT a_x_b_id_fk FOREIGN KEY (x) REFERENCES b (id)',
      'ALTER TABLE a DROP CONSTRAINT IF EXISTS a_x_fkey',
      ['1 no_effect_expected: Nothing to do for constraint a.a_x_fkey'],
    ],
    ['DROP INDEX i', 'DROP INDEX IF EXISTS i', ['1 no_effect_expected: Nothing to do for i']],
    [
      'ALTER TABLE a ADD COLUMN x int',
      'ALTER TABLE a ADD COLUMN IF NOT EXISTS x int',
      ['1 no_effect_expected: Nothing to do for column a.x'],
    ],
    [
      'ALTER TABLE a ADD COLUMN x int',
      'DROP TABLE a',
      ['1 touches_other_object: Drops a, which the migration only changed'],
    ],
    [
      'CREATE INDEX i ON a (x)',
      'DROP INDEX i;\nALTER TABLE a DROP COLUMN x',
      ['2 touches_other_object: Drops column a.x, which the migration only changed'],
    ],
    [
      'ALTER TABLE a ADD COLUMN x int',
      'ALTER TABLE a DROP COLUMN x;\nDELETE FROM b WHERE x = 1',
      ['2 touches_other_object: Touches b, which the migration did not'],
    ],
    [
      'CREATE TABLE a (x int)',
      'DROP TABLE a;\nDO $$ BEGIN\n  DROP TYPE IF EXISTS mood;\nEND $$',
      ['3 no_effect_expected: Nothing to do for type mood'],
    ],
    ['', 'DROP TABLE a', ['1 touches_other_object: Touches a, which the migration did not']],
  ])('%s / %s', async (up, down, expected) => {
    expect((await words(up, down)).sort()).toEqual([...expected].sort());
  });

  test('is told with its relation, what happens and what to do', async () => {
    const [hazard] = await compare(
      'CREATE INDEX i ON a (x)',
      'ALTER TABLE a DROP COLUMN y; DROP INDEX i',
    );
    expect(hazard).toMatchObject({ relation: 'public.a', severity: 'warn', line: 1 });
    expect(hazard?.detail).toMatch(/\.$/);
    expect(hazard?.safer).toMatch(/\.$/);
  });
});

test('ten thousand statements are compared in seconds', async () => {
  const up = Array.from({ length: 10_000 }, (_, i) => `CREATE INDEX "i${i}" ON a (x);\n`).join('');
  const down = Array.from({ length: 10_000 }, (_, i) => `DROP INDEX IF EXISTS "i${i}";\n`).join('');
  const started = performance.now();
  expect(await words(up, `${down}DROP INDEX IF EXISTS j;`)).toHaveLength(1);
  expect(performance.now() - started).toBeLessThan(20_000);
});
