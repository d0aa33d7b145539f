import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { mergeAll, runWithCopies } from './rescue.fixture';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const OWN_TYPES = `
  CREATE TYPE mood AS ENUM ('calm', 'a "b", c', 'ß');
  CREATE TYPE pair AS (a int, "B b" text);
  CREATE DOMAIN level AS int CHECK (VALUE > 0);
  CREATE DOMAIN words AS text[];
  CREATE COLLATION own (provider = icu, locale = 'de')`;

const DROP_OWN_TYPES = ['TYPE mood', 'TYPE pair', 'DOMAIN level', 'DOMAIN words', 'COLLATION own'];

/** Types with values of theirs, as literals. */
const TYPES: Record<string, string[]> = {
  text: ["''", "'x'", "'a''b\\c'", "E'\\n\\t'", "'日本'"],
  'text COLLATE own': ["'ä'", "'Z'"],
  'varchar(4)': ["'ab'", "'abcd'"],
  'char(3)': ["'a'", "'abc'"],
  integer: ['0', '-2147483648', '7'],
  numeric: ['1.10', "'NaN'", '12345678901234567890.123456789'],
  'double precision': ['0.1', "'-Infinity'", '1e-300'],
  boolean: ['true', 'false'],
  timestamptz: ["'2026-03-29 02:30:00.123456+02'", "'infinity'", "'0044-03-15 BC'"],
  interval: ["'-1 mon 3 days -04:05:06.7'"],
  jsonb: ['\'{"a": [1, null]}\'', "'null'"],
  json: ['\'{"a": 1,  "a": 2}\''],
  bytea: ["'\\x00ff'", "''"],
  uuid: ["'00000000-0000-0000-0000-000000000001'"],
  point: ["'(1,2.5)'"],
  'int4range[]': ['\'{"[1,5)",empty}\''],
  'text[]': ['\'{a,NULL,"b,c"}\'', "'{}'"],
  regclass: ["'pg_class'"],
  mood: ["'calm'", '\'a "b", c\'', "'ß'"],
  'mood[]': ["ARRAY['ß', NULL, 'a \"b\", c']::mood[]"],
  pair: ["ROW(1, 'a\"b, (c)')::pair", 'ROW(NULL, NULL)::pair'],
  'pair[]': ["ARRAY[ROW(1, 'x')::pair]"],
  level: ['3'],
  words: ["'{a,b}'"],
};

const identifier = fc
  .stringMatching(/^[a-zA-Z "'.äöß日$_0-9]{1,12}$/)
  .filter((name) => !/^(tableoid|ctid|xmin|xmax|cmin|cmax)$/.test(name));

const column = fc.record({
  name: identifier,
  type: fc.constantFrom(...Object.keys(TYPES)),
  dropped: fc.boolean(),
});

const table = fc.record({
  name: identifier.filter((name) => !name.startsWith('pg_')),
  columns: fc.uniqueArray(column, {
    minLength: 1,
    maxLength: 6,
    selector: ({ name }) => name,
  }),
  hasKey: fc.boolean(),
  whole: fc.boolean(),
  picks: fc.array(fc.array(fc.nat(9), { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 8,
  }),
});

const quoted = (name: string) => pg.escapeIdentifier(name);

it('brings back what any table held', async () => {
  await fc.assert(
    fc.asyncProperty(table, async ({ name, columns, hasKey, whole, picks }) => {
      const dropped = columns.filter((each) => each.dropped);
      fc.pre(whole || dropped.length > 0);
      await client.query(
        'DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS backstep_rescue CASCADE; CREATE SCHEMA public',
      );
      await client.query(OWN_TYPES);
      const on = quoted(name);
      const define = (each: (typeof columns)[number]) => `${quoted(each.name)} ${each.type}`;
      const key = hasKey ? ['"backstep key" serial PRIMARY KEY'] : [];
      const create = `CREATE TABLE ${on} (${[...columns.map(define), ...key].join(', ')})`;
      await client.query(create);
      for (const pick of picks) {
        const values = columns.map((each, at) => {
          const known = TYPES[each.type] ?? [];
          return known[(pick[at] ?? 0) % (known.length + 2)] ?? 'NULL';
        });
        await client.query(
          `INSERT INTO ${on} (${columns.map((each) => quoted(each.name)).join(', ')}) VALUES (${values.join(', ')})`,
        );
      }
      const names = [
        ...columns.map((each) => quoted(each.name)),
        ...(hasKey ? ['"backstep key"'] : []),
      ];
      const held = async () =>
        (
          await client.query<{ row: string }>(
            `SELECT ROW(${names.join(', ')})::text AS row FROM ${on} ORDER BY 1`,
          )
        ).rows;
      const before = await held();
      const drop = whole
        ? `DROP TABLE ${on}`
        : `ALTER TABLE ${on} ${dropped.map((each) => `DROP COLUMN ${quoted(each.name)}`).join(', ')}`;
      // What the table still uses can't be dropped; what only the copy would use, can.
      const rest = whole ? DROP_OWN_TYPES.map((type) => `DROP ${type}`) : [];
      await runWithCopies(client, [drop, ...rest]);
      if (whole) {
        await client.query(OWN_TYPES);
        await client.query(create);
      } else {
        await client.query(
          `ALTER TABLE ${on} ${dropped.map((each) => `ADD ${define(each)}`).join(', ')}`,
        );
      }
      for (let times = 0; times < 2; times++) {
        await mergeAll(client);
        expect(await held()).toEqual(before);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
