import { expect, test } from 'vitest';
import { captureRows } from './capture-rows';
import { plantRows } from './plant-rows';
import { tableOf, withSchema } from './rows-database.fixture';

const TYPES =
  `boolean int2 int4 int8 float4 float8 numeric numeric(10,2) numeric(3,3) numeric(4) money text varchar varchar(3)
  varchar(40) char(1) char(8) "char" name bytea date time timetz timestamp timestamptz timestamp(0) interval uuid json jsonb jsonpath
  inet cidr macaddr macaddr8 bit bit(12) varbit varbit(5) point line lseg box path polygon circle tsvector tsquery
  oid regclass regtype regnamespace regproc regprocedure regconfig xid xid8 tid pg_lsn pg_snapshot int4range int8range numrange daterange
  tsrange tstzrange int4multirange tstzmultirange text[] int4[] timestamptz[] jsonb[] box[] uuid[] numeric(8,3)[] varchar(5)[]
  mood mood[] address address[] positive positive[] zip short_zip own_range xml citext hstore ltree cube`
    .split(/\s+/)
    .filter((type) => type !== '');

const SCHEMA = `
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION cube;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN zip AS text CHECK (VALUE ~ '^\\d{5}(-\\d{4})?$');
CREATE DOMAIN short_zip AS zip CHECK (length(VALUE) = 5);
CREATE TYPE address AS (street text, zip zip, at point, marks int[]);
CREATE TYPE own_range AS RANGE (subtype = float8);
CREATE TABLE every_type (id int PRIMARY KEY, ${TYPES.map((type, at) => `c${at} ${type}`).join(', ')});
CREATE TABLE every_required (id int PRIMARY KEY, ${TYPES.map((type, at) => `c${at} ${type} NOT NULL`).join(', ')})`;

test('gives each type values, and nulls where they are allowed', async () => {
  await withSchema(SCHEMA, async (client, tables) => {
    const planted = await plantRows(client, tables);
    expect(planted.empty).toEqual([]);
    expect(planted.tables).toEqual([
      { name: 'public.every_required', rows: 3 },
      { name: 'public.every_type', rows: 3 },
    ]);
    const captured = tableOf(await captureRows(client, tables), 'public.every_type');
    const poor = captured.columns.filter((_column, at) => {
      const values = captured.rows.map((row) => row[at] ?? null);
      const isKey = at === 0;
      return values.every((value) => value === null) || (!isKey && !values.includes(null));
    });
    expect(poor.map(({ name, type }) => `${name} ${type}`)).toEqual([]);
  });
});

test('the rows differ from each other in every column that can differ', async () => {
  await withSchema(SCHEMA, async (client, tables) => {
    await plantRows(client, tables);
    await plantRows(client, tables, { salt: 'later' });
    const captured = tableOf(await captureRows(client, tables), 'public.every_required');
    const few = captured.columns.filter(
      (_column, at) => new Set(captured.rows.map((row) => row[at])).size < 3,
    );
    // Two truths, one letter, one bit and one form of a type without order have no more values.
    const narrow = ['boolean', '"char"', 'character(1)', 'bit(1)', 'regnamespace'];
    expect(few.map(({ type }) => type).filter((type) => !narrow.includes(type))).toEqual([]);
  });
});

test('values show what a conversion loses: microseconds, letters, fractions, size', async () => {
  const sql =
    'CREATE TABLE t (id serial PRIMARY KEY, at timestamptz, name text, price numeric, big bigint)';
  await withSchema(sql, async (client, tables) => {
    await plantRows(client, tables);
    const rows = tableOf(await captureRows(client, tables), 'public.t').rows.flat();
    expect(rows).toContainEqual(expect.stringMatching(/:\d\d\.\d{6}\+00$/));
    expect(rows).toContainEqual(expect.stringMatching(/[A-Z].*[^ -~]/));
    expect(rows).toContainEqual(expect.stringMatching(/^\d{18,}\.\d{9}$/));
    expect(rows).toContainEqual(expect.stringMatching(/^9007199254740\d{3}$/));
  });
});
