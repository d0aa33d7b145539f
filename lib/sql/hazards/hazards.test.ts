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
    ['DROP TYPE IF EXISTS mood', ['warn drops_type: Drops type mood']],
    ['DROP DOMAIN IF EXISTS email', ['warn drops_type: Drops domain email']],
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
      ['warn drops_constraint: Drops constraint c', 'info not_idempotent: Without IF EXISTS'],
    ],
    ['ALTER DOMAIN d DROP CONSTRAINT c', ['warn drops_constraint: Drops constraint c of d']],
    [
      'ALTER TYPE t DROP ATTRIBUTE IF EXISTS x',
      ['danger drops_column: Drops attribute x of type t'],
    ],
    [
      'ALTER TABLE a ALTER b TYPE varchar(40)[], ALTER c TYPE timestamptz(3), ALTER d TYPE app.mood',
      [
        'warn changes_type: Changes type of b to character varying(40)[]',
        'warn changes_type: Changes type of c to timestamptz(3)',
        'warn changes_type: Changes type of d to app.mood',
      ],
    ],
    ['ALTER TABLE a ADD COLUMN b int', ['info not_idempotent: Without IF NOT EXISTS']],
    ['CREATE TABLE a (b int)', ['info not_idempotent: Without IF NOT EXISTS']],
    ['CREATE INDEX i ON a (b)', ['info not_idempotent: Without IF NOT EXISTS']],
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
