import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { diffCatalogs, snapshotCatalog, splitDifference } from './index';
import { splitList } from './split-list';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query('SET search_path = public');
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function split(setup: string, alter: string) {
  await client.query('BEGIN');
  try {
    await client.query(setup);
    const before = await snapshotCatalog(client, { tracking });
    await client.query(alter);
    const after = await snapshotCatalog(client, { tracking });
    const { residue, missing } = splitDifference(before, after, { rights: true });
    // Seen from the other side, what was left behind is missing: the words differ, the objects don't.
    const back = splitDifference(after, before, { rights: true });
    expect(back.residue).toHaveLength(missing.length);
    expect(back.missing).toHaveLength(residue.length);
    return { residue, missing };
  } finally {
    await client.query('ROLLBACK');
  }
}

const LONG = 'x'.repeat(90);

/** [what, setup, alter, residue, missing] */
type Case = [string, string, string, string[], string[]];

const CASES: Case[] = [
  [
    'an object left behind',
    'CREATE TABLE users (email text)',
    'CREATE INDEX users_email_idx ON users (email)',
    ['index public.users_email_idx'],
    [],
  ],
  [
    'an object that is gone',
    'CREATE TABLE users (email text, CONSTRAINT k CHECK (email <> $$$$))',
    'ALTER TABLE users DROP CONSTRAINT k',
    [],
    ['constraint public.users.k'],
  ],
  [
    'a table stands for its parts',
    'CREATE TABLE a (id serial PRIMARY KEY, x int UNIQUE); CREATE INDEX ON a (x, id);',
    `CREATE TABLE b (id serial PRIMARY KEY); CREATE INDEX ON b (id); DROP TABLE a;
     CREATE DOMAIN d AS int CONSTRAINT k CHECK (value > 0)`,
    ['type public.d', 'table public.b'],
    ['table public.a'],
  ],
  [
    'a table under another name',
    'CREATE TABLE a (x int)',
    'ALTER TABLE a RENAME TO b',
    ['table public.b'],
    ['table public.a'],
  ],
  [
    'the parts of a table that is in both are told one by one',
    'CREATE TABLE a (x int)',
    'ALTER TABLE a ADD y int, ADD CONSTRAINT k CHECK (y > 0)',
    ['column public.a.y', 'constraint public.a.k'],
    [],
  ],
  [
    'an attribute set where none was',
    'CREATE TABLE t (a int)',
    'ALTER TABLE t ALTER a SET DEFAULT 0',
    ['column public.t.a (default: 0, was none)'],
    [],
  ],
  [
    'an attribute that is no longer set',
    'CREATE TABLE t (a int DEFAULT 0)',
    'ALTER TABLE t ALTER a DROP DEFAULT',
    [],
    ['column public.t.a (default: none, was 0)'],
  ],
  [
    'an attribute set to something else is both',
    'CREATE TABLE t (a int)',
    'ALTER TABLE t ALTER a TYPE bigint',
    ['column public.t.a (type: bigint, was integer)'],
    ['column public.t.a (type: bigint, was integer)'],
  ],
  [
    'a flag switched on',
    'CREATE TABLE t (a int)',
    'ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ENABLE ROW LEVEL SECURITY',
    ['table public.t (row security: yes, was no)', 'column public.t.a (not null: yes, was no)'],
    [],
  ],
  [
    'a flag switched off',
    'CREATE TABLE t (a int NOT NULL)',
    'ALTER TABLE t ALTER a DROP NOT NULL',
    [],
    ['column public.t.a (not null: no, was yes)'],
  ],
  [
    'text that reads like a flag is none',
    "CREATE TABLE t (a int); COMMENT ON TABLE t IS 'no'",
    "COMMENT ON TABLE t IS 'yes'",
    ['table public.t (comment: yes, was no)'],
    ['table public.t (comment: yes, was no)'],
  ],
  [
    'a label of an enum is a thing by itself',
    "CREATE TYPE mood AS ENUM ('a', 'it''s, b')",
    "ALTER TYPE mood ADD VALUE 'c' BEFORE 'it''s, b'",
    ["type public.mood (label 'c')"],
    [],
  ],
  [
    'labels in another order',
    "CREATE TYPE mood AS ENUM ('a', 'b')",
    "DROP TYPE mood; CREATE TYPE mood AS ENUM ('b', 'a')",
    ["type public.mood (labels: 'b', 'a', was 'a', 'b')"],
    ["type public.mood (labels: 'b', 'a', was 'a', 'b')"],
  ],
  [
    'storage parameters one by one',
    'CREATE TABLE t (a int) WITH (fillfactor = 70)',
    'ALTER TABLE t RESET (fillfactor), SET (autovacuum_enabled = off)',
    ['table public.t (option autovacuum_enabled=off)'],
    ['table public.t (option fillfactor=70)'],
  ],
  [
    'a publication’s tables one by one',
    'CREATE TABLE a (x int, y int); CREATE TABLE b (x int); CREATE PUBLICATION p FOR TABLE a (x, y)',
    'ALTER PUBLICATION p ADD TABLE b',
    ['publication p (table public.b)'],
    [],
  ],
  [
    'long text is not in the line',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a text);",
    `CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'; COMMENT ON TABLE t IS '${LONG}'`,
    ['table public.t (comment, was none)', 'function public.f() (definition differs)'],
    ['function public.f() (definition differs)'],
  ],
  [
    'long text that is gone',
    `CREATE TABLE t (a text); COMMENT ON TABLE t IS '${LONG}'`,
    'COMMENT ON TABLE t IS NULL',
    [],
    ['table public.t (comment: none)'],
  ],
  [
    'default rights with their grants',
    '',
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC`,
    ['default rights on tables in public (public: SELECT)'],
    [],
  ],
  [
    'kinds that have a word of their own',
    'CREATE FOREIGN DATA WRAPPER w',
    `CREATE SERVER s FOREIGN DATA WRAPPER w; DROP FOREIGN DATA WRAPPER IF EXISTS none;
     CREATE FOREIGN DATA WRAPPER w2; CREATE OPERATOR FAMILY f USING btree;
     CREATE TEXT SEARCH CONFIGURATION ts (COPY = pg_catalog.simple);
     CREATE MATERIALIZED VIEW m AS SELECT 1 AS x`,
    [
      'materialized view public.m',
      'operator family btree public.f',
      'text search configuration public.ts',
      'foreign server s',
      'foreign data wrapper w2',
    ],
    [],
  ],
  [
    'an owner',
    'CREATE ROLE backstep_split_owner; CREATE TABLE t ()',
    'ALTER TABLE t OWNER TO backstep_split_owner',
    ['table public.t (owner: backstep_split_owner, was backstep)'],
    ['table public.t (owner: backstep_split_owner, was backstep)'],
  ],
];

describe('splitDifference', () => {
  test.each(CASES)('%s', async (_what, setup, alter, residue, missing) => {
    expect(await split(setup, alter)).toEqual({ residue, missing });
  });

  test('splits the changes it is given, and says which they were', async () => {
    await client.query('BEGIN; CREATE TABLE t (a int)');
    const before = await snapshotCatalog(client, { tracking });
    await client.query('ALTER TABLE t ADD b int, ADD c int');
    const after = await snapshotCatalog(client, { tracking });
    await client.query('ROLLBACK');
    const changes = diffCatalogs(before, after).slice(1);
    expect(splitDifference(before, after, { changes })).toEqual({
      residue: ['column public.t.c'],
      missing: [],
      changes,
    });
    expect(splitDifference(before, before)).toEqual({ residue: [], missing: [], changes: [] });
  });
});

test('a list falls into the items it was joined from, whatever is quoted in them', () => {
  const quoted = fc
    .string({ unit: fc.constantFrom('a', ',', ' ', ';', "'", '(', ')', '"') })
    .map((text) => `'${text.replaceAll("'", "''")}'`);
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '_', '='), minLength: 1 });
  const call = fc.tuple(word, fc.array(word)).map(([name, list]) => `${name}(${list.join(', ')})`);
  const items = fc.array(fc.oneof(quoted, word, call));
  fc.assert(
    fc.property(items, fc.constantFrom(', ' as const, '; ' as const), (list, separator) => {
      expect(splitList(list.join(separator), separator)).toEqual(list);
    }),
  );
});
