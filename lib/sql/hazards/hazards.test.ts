import { describe, expect, test } from 'vitest';
import type { Hazard } from '@/lib/core/statement';
import { parseScript } from '../index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

async function hazardsOf(sql: string): Promise<Hazard[]> {
  const parsed = await parseScript(Buffer.from(sql), { tracking });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  return parsed.statements.at(-1)?.hazards ?? [];
}

/** Without the locks, which `locks.test.ts` compares with a server's. */
async function labelsOf(sql: string): Promise<string[]> {
  const hazards = await hazardsOf(sql);
  return hazards
    .filter((hazard) => hazard.code !== 'blocks_writes')
    .map(({ code, severity, label }) => `${severity} ${code}: ${label}`);
}

describe('hazards', () => {
  test.each<[string, string[]]>([
    ['DROP TABLE IF EXISTS bookmarks', ['danger drops_table: Drops table bookmarks']],
    [
      'DROP TABLE app."Rooms", b CASCADE',
      [
        'danger drops_table: Drops table app."Rooms"',
        'danger drops_table: Drops table b',
        'danger cascade: CASCADE: also drops what depends on it',
        'info not_idempotent: Without IF EXISTS',
      ],
    ],
    ['DROP SCHEMA IF EXISTS app', ['danger drops_schema: Drops schema app']],
    ['DROP INDEX IF EXISTS a_idx', ['info drops_index: Drops index a_idx']],
    ['DROP TYPE IF EXISTS mood', ['danger drops_type: Drops type mood']],
    ['DROP DOMAIN IF EXISTS email', ['danger drops_type: Drops domain email']],
    ['DROP VIEW IF EXISTS v', ['warn drops_view: Drops view v']],
    ['DROP MATERIALIZED VIEW IF EXISTS v', ['warn drops_view: Drops materialized view v']],
    ['DROP SEQUENCE IF EXISTS s', ['warn drops_object: Drops sequence s']],
    ['DROP FUNCTION IF EXISTS app.f(int)', ['warn drops_object: Drops function app.f']],
    ['DROP TRIGGER IF EXISTS t ON a', ['warn drops_object: Drops trigger t of a']],
    ['DROP EXTENSION IF EXISTS citext', ['warn drops_object: Drops extension citext']],
    ['DROP CAST IF EXISTS (int AS text)', ['warn drops_object: Drops cast from integer to text']],
    [
      'ALTER TABLE tasks DROP COLUMN IF EXISTS due_date, DROP COLUMN IF EXISTS "user" CASCADE',
      [
        'danger drops_column: Drops column due_date',
        'danger drops_column: Drops column "user"',
        'danger cascade: CASCADE: also drops what depends on it',
      ],
    ],
    [
      'ALTER TABLE tasks DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (true) NOT VALID',
      [
        'warn adds_check: Adds a check to tasks',
        'warn drops_constraint: Drops constraint c',
        'info not_idempotent: Without IF EXISTS',
      ],
    ],
    ['ALTER DOMAIN d DROP CONSTRAINT c', ['warn drops_constraint: Drops constraint c of d']],
    [
      'ALTER TYPE t DROP ATTRIBUTE IF EXISTS x',
      ['danger drops_column: Drops attribute x of type t'],
    ],
    [
      'ALTER TABLE a ALTER b TYPE varchar(40)[], ALTER c TYPE timestamptz(3), ALTER d TYPE app.mood',
      [
        'danger changes_type: Changes type of b to character varying(40)[]',
        'danger changes_type: Changes type of c to timestamptz(3)',
        'danger changes_type: Changes type of d to app.mood',
        'warn depends_on_session: Depends on the session: The new values of c',
        'warn rewrites_table: Rewrites a',
      ],
    ],
    ['ALTER TABLE a ADD COLUMN b int', ['info not_idempotent: Without IF NOT EXISTS']],
    ['CREATE TABLE a (b int)', ['info not_idempotent: Without IF NOT EXISTS']],
    [
      'CREATE INDEX i ON a (b)',
      ['danger builds_index: Builds an index on a', 'info not_idempotent: Without IF NOT EXISTS'],
    ],
    ['CREATE VIEW v AS SELECT 1', ['info not_idempotent: Without OR REPLACE']],
    ['CREATE OR REPLACE VIEW v AS SELECT 1', []],
    ["CREATE TYPE mood AS ENUM ('a')", []],
    [
      'TRUNCATE a, app.b CASCADE',
      [
        'danger truncates: Deletes all rows of a',
        'danger truncates: Deletes all rows of app.b',
        'danger cascade: CASCADE: also empties the tables that refer to it',
      ],
    ],
    ['DELETE FROM a WHERE b = 1', ['warn deletes_rows: Deletes rows of a']],
    ['DELETE FROM a', ['danger deletes_rows: Deletes every row of a: no WHERE']],
    ['UPDATE a SET b = 1', ['danger updates_rows: Changes every row of a: no WHERE']],
    [
      'WITH gone AS (DELETE FROM a WHERE b RETURNING *) INSERT INTO c SELECT * FROM gone',
      ['warn deletes_rows: Deletes rows of a'],
    ],
    [
      'MERGE INTO a USING b ON a.i = b.i WHEN MATCHED AND b.x THEN DELETE WHEN MATCHED THEN UPDATE SET x = 1',
      ['warn updates_rows: Changes rows of a', 'warn deletes_rows: Deletes rows of a'],
    ],
    [
      'DO $$ BEGIN IF true THEN ALTER TABLE a DROP COLUMN IF EXISTS b; DELETE FROM c; END IF; END $$',
      [
        'danger drops_column: Drops column b',
        'danger deletes_rows: Deletes every row of c: no WHERE',
      ],
    ],
    ["DO $$ BEGIN EXECUTE 'DROP TABLE IF EXISTS a'; END $$", ['danger drops_table: Drops table a']],
    ['INSERT INTO a VALUES (1)', []],
    ['SELECT 1', []],
  ])('%s', async (sql, expected) => {
    expect((await labelsOf(sql)).sort()).toEqual(expected.sort());
  });

  test('come worst first', async () => {
    const severities = (await hazardsOf('DROP TABLE a CASCADE')).map(({ severity }) => severity);
    expect(severities).toEqual(['danger', 'danger', 'info', 'info']);
  });

  test('name a relation as the catalog prints it', async () => {
    const relationOf = async (sql: string) => (await hazardsOf(sql))[0]?.relation;
    expect(await relationOf('DROP TABLE IF EXISTS rooms')).toBe('public.rooms');
    expect(await relationOf('DROP TABLE IF EXISTS "Rooms"')).toBe('public."Rooms"');
    expect(await relationOf('DROP TABLE IF EXISTS "order"')).toBe('public."order"');
    expect(await relationOf('DROP TABLE IF EXISTS "a""b"')).toBe('public."a""b"');
    expect(await relationOf('SET search_path = app, public;\nDROP TABLE IF EXISTS rooms')).toBe(
      'app.rooms',
    );
    expect(
      await relationOf('SET search_path = app;\nRESET search_path;\nDROP TABLE IF EXISTS rooms'),
    ).toBe('public.rooms');
  });
});

/** Everything but locks and idempotence, with what the types were before. */
async function dangersOf(
  sql: string,
  types: Record<string, string> = {},
): Promise<readonly Hazard[]> {
  const parsed = await parseScript(Buffer.from(sql), {
    tracking,
    columnType: (relation, column) => types[`${relation}.${column}`],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  return parsed.statements.flatMap(({ line, hazards }) =>
    hazards
      .filter(({ code }) => code !== 'blocks_writes' && code !== 'not_idempotent')
      .map((hazard) => ({ line, ...hazard })),
  );
}

const wordsOf = ({ line, severity, code, label }: Hazard) =>
  `${line} ${severity} ${code}: ${label}`;

describe('what comes with a statement on a table with rows', () => {
  test.each<[string, string[]]>([
    [
      'SELECT 1;\nALTER TABLE a ALTER b SET NOT NULL',
      ['2 danger adds_not_null: Adds NOT NULL to b', '2 warn scans_table: Checks every row of a'],
    ],
    [
      'ALTER TABLE a ADD CONSTRAINT u UNIQUE (b, "C")',
      [
        '1 danger adds_unique: Adds a unique constraint to a (b, "C")',
        '1 warn builds_index: Builds an index on a',
      ],
    ],
    [
      'ALTER TABLE a ADD PRIMARY KEY (b)',
      [
        '1 danger adds_unique: Adds a primary key to a (b)',
        '1 warn builds_index: Builds an index on a',
      ],
    ],
    ['ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX i', []],
    [
      'ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES app.c (id)',
      [
        '1 danger adds_foreign_key: Adds a foreign key from a (b) to app.c',
        '1 warn scans_table: Checks every row of a',
      ],
    ],
    [
      'ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c NOT VALID',
      ['1 warn adds_foreign_key: Adds a foreign key from a (b) to c'],
    ],
    [
      'ALTER TABLE a ADD CHECK (b > 0)',
      ['1 danger scans_table: Checks every row of a', '1 warn adds_check: Adds a check to a'],
    ],
    ['ALTER TABLE a ADD CHECK (b > 0) NOT VALID', ['1 warn adds_check: Adds a check to a']],
    ['ALTER TABLE a VALIDATE CONSTRAINT c', ['1 danger scans_table: Checks every row of a']],
    ['CREATE INDEX i ON a (b)', ['1 danger builds_index: Builds an index on a']],
    [
      'CREATE UNIQUE INDEX i ON a (lower(b))',
      [
        '1 danger adds_unique: Adds a unique index to a (…)',
        '1 warn builds_index: Builds an index on a',
      ],
    ],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY i ON a (b)',
      [
        '1 danger adds_unique: Adds a unique index to a (b)',
        '1 warn not_transactional: CREATE INDEX CONCURRENTLY: not undone by a failure',
      ],
    ],
    ['REINDEX TABLE a', ['1 danger builds_index: Builds an index on a']],
    ['ALTER TABLE a SET LOGGED', ['1 danger rewrites_table: Rewrites a']],
    ['ALTER TABLE a SET ACCESS METHOD heap', ['1 danger rewrites_table: Rewrites a']],
    ['CLUSTER a USING i', ['1 danger rewrites_table: Rewrites a']],
    [
      'VACUUM FULL app.a',
      [
        '1 danger rewrites_table: Rewrites app.a',
        '1 warn not_transactional: VACUUM: not undone by a failure',
      ],
    ],
    ['REFRESH MATERIALIZED VIEW m', ['1 danger rewrites_table: Rewrites m']],
    ['REFRESH MATERIALIZED VIEW CONCURRENTLY m', []],
    ['ALTER TABLE a ADD COLUMN b int', []],
    ['ALTER TABLE a ADD COLUMN b timestamptz DEFAULT now() NOT NULL', []],
    [
      'ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid() NOT NULL',
      ['1 danger rewrites_table: Rewrites a'],
    ],
    [
      'ALTER TABLE a ADD COLUMN b int NOT NULL',
      ['1 danger adds_not_null: Adds b as NOT NULL without a default'],
    ],
    [
      'ALTER TABLE a ADD COLUMN b int UNIQUE',
      [
        '1 danger adds_unique: Adds a unique constraint to a (b)',
        '1 warn builds_index: Builds an index on a',
      ],
    ],
    // A table that the script makes itself is nobody's yet.
    [
      'CREATE TABLE a (b int);\nCREATE UNIQUE INDEX i ON a (b);\nALTER TABLE a ALTER b SET NOT NULL, ADD PRIMARY KEY (b), ALTER b TYPE text',
      ['3 warn changes_type: Changes type of b from integer to text'],
    ],
    ['CREATE TABLE a (b int);\nALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c', []],
    ['CREATE TEMP TABLE a (b int);\nCREATE INDEX i ON a (b)', []],
    [
      'DO $$\nBEGIN\n  ALTER TABLE a\n    ALTER b SET NOT NULL;\nEND $$',
      ['3 danger adds_not_null: Adds NOT NULL to b', '3 warn scans_table: Checks every row of a'],
    ],
    ['DELETE FROM a WHERE true', ['1 danger deletes_rows: Deletes every row of a: no WHERE']],
  ])('%s', async (sql, expected) => {
    const found = await dangersOf(sql);
    expect(found.map(wordsOf).sort()).toEqual([...expected].sort());
  });

  test('locks of a table that the script made are nobody’s business', async () => {
    const parsed = await parseScript(
      Buffer.from('CREATE TABLE a (b int); ALTER TABLE a ADD COLUMN c int; DROP TABLE a'),
      { tracking },
    );
    const codes = parsed.ok ? parsed.statements.flatMap(({ hazards }) => hazards) : [];
    expect(codes.filter(({ code }) => code === 'blocks_writes')).toEqual([]);
  });
});

describe('a change of type, judged by the type before', () => {
  const to = (type: string, using = '') => `ALTER TABLE a ALTER b TYPE ${type}${using}`;

  test.each<[string, string | undefined, string[]]>([
    [
      to('integer'),
      'bigint',
      [
        '1 danger changes_type: Changes type of b from bigint to integer',
        '1 warn rewrites_table: Rewrites a',
      ],
    ],
    [
      to('bigint'),
      'integer',
      [
        '1 danger rewrites_table: Rewrites a',
        '1 warn changes_type: Changes type of b from integer to bigint',
      ],
    ],
    [
      to('text'),
      'character varying(20)',
      ['1 info changes_type: Changes type of b from character varying(20) to text'],
    ],
    [
      to('text', ' USING b::text'),
      'jsonb',
      [
        '1 danger changes_type: Changes type of b from jsonb to text',
        '1 warn rewrites_table: Rewrites a',
      ],
    ],
    [
      to('text'),
      'timestamp with time zone',
      [
        '1 danger changes_type: Changes type of b from timestamp with time zone to text',
        '1 warn depends_on_session: Depends on the session: The new values of b',
        '1 warn rewrites_table: Rewrites a',
      ],
    ],
    [
      to('text', " USING to_char(b AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"),
      'timestamp with time zone',
      [
        '1 danger rewrites_table: Rewrites a',
        '1 warn changes_type: Changes type of b from timestamp with time zone to text',
      ],
    ],
    [
      to('text', " USING to_char(b, 'YYYY-MM-DD')"),
      'timestamp with time zone',
      [
        '1 danger changes_type: Changes type of b from timestamp with time zone to text',
        '1 warn depends_on_session: Depends on the session: Times printed by to_char',
        '1 warn rewrites_table: Rewrites a',
      ],
    ],
    [
      to('integer', ' USING 0'),
      'integer',
      [
        '1 danger changes_type: Changes type of b from integer to integer',
        '1 warn rewrites_table: Rewrites a',
      ],
    ],
    [
      to('text'),
      undefined,
      ['1 danger rewrites_table: Rewrites a', '1 warn changes_type: Changes type of b to text'],
    ],
    [
      to('integer'),
      undefined,
      ['1 danger changes_type: Changes type of b to integer', '1 warn rewrites_table: Rewrites a'],
    ],
    // The script's own changes are followed.
    [
      'ALTER TABLE a ALTER b TYPE integer;\nALTER TABLE a ALTER b TYPE bigint',
      'smallint',
      [
        '1 danger rewrites_table: Rewrites a',
        '1 warn changes_type: Changes type of b from smallint to integer',
        '2 danger rewrites_table: Rewrites a',
        '2 warn changes_type: Changes type of b from integer to bigint',
      ],
    ],
  ])('%s from %s', async (sql, before, expected) => {
    const found = await dangersOf(sql, before === undefined ? {} : { 'public.a.b': before });
    expect(found.map(wordsOf).sort()).toEqual([...expected].sort());
  });

  test('says how the values change, and by which way they would not', async () => {
    const [narrowing] = await dangersOf(to('varchar(3)', ' USING b::varchar(3)'), {
      'public.a.b': 'text',
    });
    expect(narrowing).toMatchObject({ code: 'changes_type', relation: 'public.a' });
    expect(narrowing?.detail).toBe('Of a.b, what is longer than 3 is cut off without a word.');
    expect(narrowing?.safer).toMatch(/\.$/);
  });
});

describe('times that come out by the session', () => {
  const codesOf = async (sql: string, types: Record<string, string> = {}) =>
    (await dangersOf(sql, types)).filter(({ code }) => code === 'depends_on_session').length;

  test.each<[string, number]>([
    ['UPDATE a SET b = now()::text WHERE c', 1],
    ["UPDATE a SET b = to_char(now(), 'YYYY') WHERE c", 1],
    ["UPDATE a SET b = to_char(now() AT TIME ZONE 'UTC', 'YYYY') WHERE c", 0],
    ["UPDATE a SET b = to_char(3.14, '9.9') WHERE c", 0],
    ["INSERT INTO a VALUES ('2026-01-01 10:00'::timestamptz)", 1],
    ["INSERT INTO a VALUES ('2026-01-01'::timestamptz)", 1],
    ["INSERT INTO a VALUES ('2026-01-01 10:00+00'::timestamptz)", 0],
    ["INSERT INTO a VALUES ('2026-01-01T10:00:00Z'::timestamptz)", 0],
    ["INSERT INTO a VALUES (TIMESTAMPTZ '2026-01-01 10:00')", 1],
    ["INSERT INTO a VALUES ('2026-01-01 10:00'::timestamp)", 0],
    ['UPDATE a SET b = t::text WHERE c', 1],
    ['UPDATE a SET b = t::date WHERE c', 1],
    ['UPDATE a SET b = s::timestamptz WHERE c', 1],
    ['UPDATE a SET b = i::text WHERE c', 0],
    ["SET LOCAL TIME ZONE 'UTC'; UPDATE a SET b = now()::text WHERE c", 0],
    ["SET timezone = 'UTC'; RESET timezone; UPDATE a SET b = now()::text WHERE c", 1],
    ["ALTER TABLE a ALTER b SET DEFAULT to_char(now(), 'YYYY')", 1],
    ['DO $$ BEGIN UPDATE a SET b = now()::text WHERE c; END $$', 1],
    ['CREATE FUNCTION f() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT now()::text; END', 0],
  ])('%s: %d', async (sql, count) => {
    const types = {
      'public.a.t': 'timestamp with time zone',
      'public.a.s': 'text',
      'public.a.i': 'integer',
    };
    expect(await codesOf(sql, types)).toBe(count);
  });
});

test('every hazard says what happens and how to do it with less danger', async () => {
  const script = `
    DROP TABLE a CASCADE; DROP INDEX i; DROP TYPE t; DROP SCHEMA s; DROP VIEW v; DROP FUNCTION f();
    DROP FOREIGN TABLE x; DROP DOMAIN d; DROP MATERIALIZED VIEW m; ALTER DOMAIN d DROP CONSTRAINT c;
    ALTER TABLE b DROP COLUMN c, DROP CONSTRAINT d, ALTER e TYPE int, ALTER g SET NOT NULL;
    ALTER TABLE b ADD UNIQUE (x), ADD CHECK (x > 0), ADD FOREIGN KEY (x) REFERENCES y, SET LOGGED;
    ALTER TABLE b ADD EXCLUDE (x WITH =), ADD FOREIGN KEY (x) REFERENCES y NOT VALID;
    TRUNCATE c CASCADE; DELETE FROM c; UPDATE c SET x = now()::text; DELETE FROM c WHERE x;
    CREATE INDEX n ON c (x); CREATE UNIQUE INDEX o ON c (x); VACUUM c; REINDEX INDEX i;
    ALTER TABLE b ADD COLUMN h int NOT NULL`;
  const parsed = await parseScript(Buffer.from(script), { tracking });
  const hazards = parsed.ok ? parsed.statements.flatMap((one) => one.hazards) : [];
  expect(new Set(hazards.map(({ code }) => code)).size).toBeGreaterThanOrEqual(22);
  for (const { code, label, detail, safer } of hazards) {
    expect(detail, `${code} ${label}`).toMatch(/^[^.].*\.$/s);
    expect(safer, `${code} ${label}`).toMatch(/^[^.].*\.$/s);
    expect(label.length, label).toBeLessThan(90);
  }
});
