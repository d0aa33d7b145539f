import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { parseScript } from '../index';
import { readType } from './column-type';
import { compareTypes, type TypeChange } from './type-change';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query("SET TIME ZONE 'Europe/Berlin'");
  await client.query("CREATE TYPE mood AS ENUM ('good', 'bad')");
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function filenode(): Promise<string> {
  const { rows } = await client.query<{ file: string }>(
    `SELECT pg_relation_filenode('t')::text AS file`,
  );
  return rows[0]?.file ?? '';
}

/** Whether the server writes the table anew, on a table with one column. */
async function rewritten(type: string, sql: string): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(`CREATE TABLE t (c ${type})`);
    const before = await filenode();
    await client.query(sql);
    return (await filenode()) !== before;
  } finally {
    await client.query('ROLLBACK');
  }
}

const compare = (from: string, to: string, cast = false): TypeChange =>
  compareTypes(readType(from), readType(to), cast);

describe('a change of type', () => {
  test.each<[string, string, TypeChange['effect']]>([
    ['text', 'text', 'none'],
    ['character varying(20)', 'character varying(40)', 'none'],
    ['character varying(40)', 'character varying(20)', 'narrows'],
    ['character varying(40)', 'text', 'none'],
    ['character varying', 'character varying(40)', 'narrows'],
    ['text', 'character varying', 'none'],
    ['text', 'varchar(10)', 'narrows'],
    ['character(4)', 'character(8)', 'keeps'],
    ['character(4)', 'text', 'reformats'],
    ['text', 'character(8)', 'narrows'],
    ['smallint', 'integer', 'keeps'],
    ['integer', 'bigint', 'keeps'],
    ['bigint', 'integer', 'narrows'],
    ['integer', 'smallint', 'narrows'],
    ['integer', 'numeric', 'keeps'],
    ['integer', 'numeric(12,2)', 'keeps'],
    ['integer', 'numeric(8,2)', 'narrows'],
    ['integer', 'double precision', 'keeps'],
    ['bigint', 'double precision', 'narrows'],
    ['real', 'double precision', 'keeps'],
    ['double precision', 'real', 'narrows'],
    ['double precision', 'integer', 'narrows'],
    ['numeric(10,2)', 'numeric(12,2)', 'none'],
    ['numeric(10,2)', 'numeric', 'none'],
    ['numeric(10,2)', 'numeric(10,4)', 'narrows'],
    ['numeric(10,2)', 'numeric(14,4)', 'keeps'],
    ['numeric(10,2)', 'numeric(8,2)', 'narrows'],
    ['numeric(10,2)', 'numeric(10,0)', 'narrows'],
    ['numeric(10,2)', 'integer', 'narrows'],
    ['numeric', 'double precision', 'narrows'],
    ['timestamp with time zone', 'text', 'narrows'],
    ['timestamp with time zone', 'timestamp without time zone', 'narrows'],
    ['timestamp without time zone', 'timestamp with time zone', 'reformats'],
    ['timestamp with time zone', 'date', 'narrows'],
    ['timestamp without time zone', 'date', 'narrows'],
    ['date', 'timestamp without time zone', 'keeps'],
    ['timestamp(3) with time zone', 'timestamp with time zone', 'none'],
    ['timestamp with time zone', 'timestamp(3) with time zone', 'narrows'],
    ['text', 'timestamp with time zone', 'narrows'],
    ['integer', 'text', 'reformats'],
    ['integer', 'character varying(4)', 'narrows'],
    ['uuid', 'character varying(36)', 'reformats'],
    ['uuid', 'text', 'reformats'],
    ['mood', 'text', 'reformats'],
    ['text', 'mood', 'narrows'],
    ['text', 'integer', 'narrows'],
    ['text', 'jsonb', 'narrows'],
    ['jsonb', 'text', 'narrows'],
    ['json', 'text', 'reformats'],
    ['jsonb', 'json', 'narrows'],
    ['json', 'jsonb', 'narrows'],
    ['boolean', 'integer', 'keeps'],
    ['integer[]', 'bigint[]', 'keeps'],
    ['integer', 'integer[]', 'narrows'],
    ['cidr', 'inet', 'none'],
  ])('%s to %s: %s, and written anew as the server does', async (from, to, effect) => {
    const change = compare(from, to);
    expect(change.effect).toBe(effect);
    expect(change.what).not.toBe('');
    const using = from === 'integer' && to === 'integer[]' ? 'ARRAY[c]' : `c::${to}`;
    expect(change.rewrites).toBe(
      await rewritten(from, `ALTER TABLE t ALTER COLUMN c TYPE ${to} USING ${using}`),
    );
  });

  test('an explicit cast cuts where an assignment fails', () => {
    expect(compare('text', 'varchar(3)', false).what).toMatch(/makes it fail/);
    expect(compare('text', 'varchar(3)', true).what).toMatch(/cut off/);
  });

  test.each<[string, string, boolean]>([
    ['timestamptz', 'text', true],
    ['text', 'timestamptz', true],
    ['timestamptz', 'timestamp', true],
    ['timestamp', 'timestamptz', true],
    ['date', 'timestamptz', true],
    ['date', 'text', true],
    ['date', 'timestamp', false],
    ['integer', 'text', false],
    ['uuid', 'text', false],
  ])('%s to %s depends on the session: %s', (from, to, bySession) => {
    expect(compare(from, to).bySession).toBe(bySession);
  });

  test('the same type is the same however it is written', () => {
    expect(readType('int')).toEqual(readType('integer'));
    expect(readType('pg_catalog.int4')).toEqual(readType('integer'));
    expect(readType('timestamp(3) with time zone')).toEqual(readType('timestamptz(3)'));
    expect(readType('numeric(10, 2)[]')).toEqual(readType('decimal(10,2)[]'));
    expect(readType('public.mood')).toEqual(readType('mood'));
  });
});

describe('a new column writes the table anew where the server does', () => {
  const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

  test.each([
    'd int',
    'd int DEFAULT 1',
    'd timestamptz DEFAULT now() NOT NULL',
    "d text DEFAULT to_char(now(), 'YYYY')",
    'd uuid DEFAULT gen_random_uuid()',
    'd float8 DEFAULT random()',
    'd timestamptz DEFAULT clock_timestamp()',
    'd serial',
    'd int GENERATED ALWAYS AS IDENTITY',
    'd int GENERATED ALWAYS AS (1 + 1) STORED',
    "d jsonb DEFAULT '{}'",
  ])('%s', async (definition) => {
    const sql = `ALTER TABLE t ADD COLUMN ${definition}`;
    const parsed = await parseScript(Buffer.from(sql), { tracking });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
    const foretold = parsed.statements[0]?.hazards.some(({ code }) => code === 'rewrites_table');
    expect(foretold).toBe(await rewritten('int', sql));
  });
});
