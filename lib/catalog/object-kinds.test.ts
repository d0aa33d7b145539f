import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { diffCatalogs, fingerprint, snapshotCatalog } from './index';

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

/** [what changes, what is there, the change, `+-~ kind name` of every difference] */
type Case = [name: string, setup: string, alter: string, changes: string[]];

const TABLE = 'CREATE TABLE a (id int NOT NULL, b text, c int);';
const TRIGGER_FUNCTION =
  'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;';

const CASES: Case[] = [
  ['schema', '', 'CREATE SCHEMA app', ['+ schema app']],
  ['schema comment', '', "COMMENT ON SCHEMA public IS 'x'", ['~ schema public: comment']],
  ['quoted names', '', 'CREATE SCHEMA "My App"', ['+ schema "My App"']],
  ['extension', '', 'CREATE EXTENSION citext', ['+ extension citext']],
  [
    'extension schema',
    'CREATE SCHEMA app; CREATE EXTENSION citext;',
    'ALTER EXTENSION citext SET SCHEMA app',
    ['~ extension citext: schema'],
  ],
  [
    'table with its parts',
    '',
    'CREATE TABLE t (id serial PRIMARY KEY, n text UNIQUE); CREATE INDEX t_n ON t (lower(n))',
    [
      '+ table public.t',
      '+ column public.t.id',
      '+ column public.t.n',
      '+ constraint public.t.t_n_key',
      '+ constraint public.t.t_pkey',
      '+ index public.t_n',
      '+ sequence public.t_id_seq',
    ],
  ],
  [
    'table renamed',
    'CREATE TABLE a ()',
    'ALTER TABLE a RENAME TO z',
    ['- table public.a', '+ table public.z'],
  ],
  ['table unlogged', TABLE, 'ALTER TABLE a SET UNLOGGED', ['~ table public.a: unlogged']],
  ['table comment', TABLE, "COMMENT ON TABLE a IS 'x'", ['~ table public.a: comment']],
  ['table options', TABLE, 'ALTER TABLE a SET (fillfactor = 90)', ['~ table public.a: options']],
  [
    'toast options',
    TABLE,
    'ALTER TABLE a SET (toast.autovacuum_enabled = off)',
    ['~ table public.a: toast options'],
  ],
  [
    'row security',
    TABLE,
    'ALTER TABLE a ENABLE ROW LEVEL SECURITY',
    ['~ table public.a: row security'],
  ],
  [
    'forced row security',
    TABLE,
    'ALTER TABLE a FORCE ROW LEVEL SECURITY',
    ['~ table public.a: force row security'],
  ],
  [
    'replica identity',
    TABLE,
    'ALTER TABLE a REPLICA IDENTITY FULL',
    ['~ table public.a: replica identity'],
  ],
  [
    'inheritance',
    `${TABLE} CREATE TABLE z (id int NOT NULL, b text, c int);`,
    'ALTER TABLE z INHERIT a',
    [
      '~ table public.z: inherits',
      ...['id', 'b', 'c'].map((name) => `~ column public.z.${name}: inherited,also local`),
    ],
  ],
  [
    'partition bounds',
    'CREATE TABLE p (i int) PARTITION BY RANGE (i); CREATE TABLE p1 (i int);',
    'ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (9)',
    ['~ table public.p1: partition bound,inherits', '~ column public.p1.i: inherited'],
  ],
  [
    'partition key',
    'CREATE TABLE p (i int) PARTITION BY RANGE (i)',
    'DROP TABLE p; CREATE TABLE p (i int) PARTITION BY HASH (i)',
    ['~ table public.p: partition by'],
  ],
  ['column added', TABLE, 'ALTER TABLE a ADD d int', ['+ column public.a.d']],
  ['column dropped', TABLE, 'ALTER TABLE a DROP c', ['- column public.a.c']],
  ['column type', TABLE, 'ALTER TABLE a ALTER c TYPE bigint', ['~ column public.a.c: type']],
  ['type modifier', TABLE, 'ALTER TABLE a ALTER b TYPE varchar(9)', ['~ column public.a.b: type']],
  ['not null', TABLE, 'ALTER TABLE a ALTER c SET NOT NULL', ['~ column public.a.c: not null']],
  ['default', TABLE, 'ALTER TABLE a ALTER c SET DEFAULT 1', ['~ column public.a.c: default']],
  [
    'identity',
    TABLE,
    'ALTER TABLE a ALTER id ADD GENERATED ALWAYS AS IDENTITY',
    ['~ column public.a.id: identity', '+ sequence public.a_id_seq'],
  ],
  [
    'generated column',
    'CREATE TABLE a (c int, d int GENERATED ALWAYS AS (c + 1) STORED)',
    'ALTER TABLE a ALTER d DROP EXPRESSION',
    ['~ column public.a.d: generated'],
  ],
  [
    'collation',
    TABLE,
    'ALTER TABLE a ALTER b TYPE text COLLATE "C"',
    ['~ column public.a.b: collation'],
  ],
  [
    'storage',
    TABLE,
    'ALTER TABLE a ALTER b SET STORAGE external',
    ['~ column public.a.b: storage'],
  ],
  [
    'compression',
    TABLE,
    'ALTER TABLE a ALTER b SET COMPRESSION pglz',
    ['~ column public.a.b: compression'],
  ],
  [
    'column statistics',
    TABLE,
    'ALTER TABLE a ALTER b SET STATISTICS 7',
    ['~ column public.a.b: statistics target'],
  ],
  [
    'column options',
    TABLE,
    'ALTER TABLE a ALTER b SET (n_distinct = 5)',
    ['~ column public.a.b: options'],
  ],
  ['column comment', TABLE, "COMMENT ON COLUMN a.b IS 'x'", ['~ column public.a.b: comment']],
  ['check', TABLE, 'ALTER TABLE a ADD CONSTRAINT k CHECK (c > 0)', ['+ constraint public.a.k']],
  [
    'validation',
    `${TABLE} ALTER TABLE a ADD CONSTRAINT k CHECK (c > 0) NOT VALID;`,
    'ALTER TABLE a VALIDATE CONSTRAINT k',
    ['~ constraint public.a.k: definition'],
  ],
  [
    'foreign key action',
    'CREATE TABLE z (id int PRIMARY KEY); CREATE TABLE a (b int CONSTRAINT k REFERENCES z);',
    'ALTER TABLE a DROP CONSTRAINT k, ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES z ON DELETE SET NULL',
    ['~ constraint public.a.k: definition'],
  ],
  [
    'deferrable',
    'CREATE TABLE z (id int PRIMARY KEY); CREATE TABLE a (b int CONSTRAINT k REFERENCES z);',
    'ALTER TABLE a ALTER CONSTRAINT k DEFERRABLE',
    ['~ constraint public.a.k: definition'],
  ],
  [
    'unique constraint becomes unique index',
    `${TABLE} ALTER TABLE a ADD CONSTRAINT k UNIQUE (b);`,
    'ALTER TABLE a DROP CONSTRAINT k; CREATE UNIQUE INDEX k ON a (b)',
    ['- constraint public.a.k', '+ index public.k'],
  ],
  [
    'exclusion',
    'CREATE TABLE a (r int4range)',
    'ALTER TABLE a ADD CONSTRAINT k EXCLUDE USING gist (r WITH &&)',
    ['+ constraint public.a.k'],
  ],
  [
    'options of a key’s index',
    'CREATE TABLE a (b int CONSTRAINT k PRIMARY KEY)',
    'ALTER INDEX k SET (fillfactor = 50)',
    ['~ constraint public.a.k: index options'],
  ],
  [
    'constraint comment',
    'CREATE TABLE a (b int CONSTRAINT k CHECK (b > 0))',
    "COMMENT ON CONSTRAINT k ON a IS 'x'",
    ['~ constraint public.a.k: comment'],
  ],
  ['index', TABLE, 'CREATE INDEX i ON a (b)', ['+ index public.i']],
  [
    'index predicate',
    `${TABLE} CREATE INDEX i ON a (b);`,
    'DROP INDEX i; CREATE INDEX i ON a (b) WHERE c > 0',
    ['~ index public.i: definition'],
  ],
  [
    'clustered',
    `${TABLE} CREATE INDEX i ON a (b);`,
    'ALTER TABLE a CLUSTER ON i',
    ['~ index public.i: clustered'],
  ],
  [
    'replica identity index',
    `${TABLE} CREATE UNIQUE INDEX i ON a (id);`,
    'ALTER TABLE a REPLICA IDENTITY USING INDEX i',
    ['~ table public.a: replica identity', '~ index public.i: replica identity'],
  ],
  [
    'index statistics',
    `${TABLE} CREATE INDEX i ON a (lower(b));`,
    'ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 9',
    ['~ index public.i: statistics targets'],
  ],
  [
    'index comment',
    `${TABLE} CREATE INDEX i ON a (b);`,
    "COMMENT ON INDEX i IS 'x'",
    ['~ index public.i: comment'],
  ],
  ['view', '', 'CREATE VIEW v AS SELECT 1 AS x', ['+ view public.v', '+ column public.v.x']],
  [
    'view definition',
    `${TABLE} CREATE VIEW v AS SELECT b FROM a;`,
    'CREATE OR REPLACE VIEW v AS SELECT b FROM a WHERE c > 0',
    ['~ view public.v: definition'],
  ],
  [
    'view options',
    'CREATE VIEW v AS SELECT 1 AS x',
    'ALTER VIEW v SET (security_barrier)',
    ['~ view public.v: options'],
  ],
  [
    'materialized view',
    '',
    'CREATE MATERIALIZED VIEW v AS SELECT 1 AS x',
    ['+ materialized_view public.v', '+ column public.v.x'],
  ],
  [
    'materialized view without data',
    'CREATE MATERIALIZED VIEW v AS SELECT 1 AS x',
    'REFRESH MATERIALIZED VIEW v WITH NO DATA',
    ['~ materialized_view public.v: without data'],
  ],
  ['sequence', '', 'CREATE SEQUENCE s', ['+ sequence public.s']],
  [
    'sequence increment',
    'CREATE SEQUENCE s',
    'ALTER SEQUENCE s INCREMENT 5 CYCLE',
    ['~ sequence public.s: increment,cycle'],
  ],
  [
    'sequence owner column',
    `${TABLE} CREATE SEQUENCE s;`,
    'ALTER SEQUENCE s OWNED BY a.c',
    ['~ sequence public.s: table,owned by'],
  ],
  ['enum', '', "CREATE TYPE mood AS ENUM ('a')", ['+ type public.mood']],
  [
    'enum label',
    "CREATE TYPE mood AS ENUM ('a', 'c')",
    "ALTER TYPE mood ADD VALUE 'b' BEFORE 'c'",
    ['~ type public.mood: labels'],
  ],
  [
    'enum label renamed',
    "CREATE TYPE mood AS ENUM ('a')",
    "ALTER TYPE mood RENAME VALUE 'a' TO 'b'",
    ['~ type public.mood: labels'],
  ],
  [
    'domain',
    'CREATE DOMAIN d AS int',
    'ALTER DOMAIN d SET NOT NULL',
    ['~ type public.d: not null'],
  ],
  [
    'domain default',
    'CREATE DOMAIN d AS int',
    'ALTER DOMAIN d SET DEFAULT 3',
    ['~ type public.d: default'],
  ],
  [
    'domain check',
    'CREATE DOMAIN d AS int',
    'ALTER DOMAIN d ADD CONSTRAINT k CHECK (value > 0)',
    ['+ constraint public.d.k'],
  ],
  [
    'composite',
    'CREATE TYPE t AS (a int)',
    'ALTER TYPE t ADD ATTRIBUTE b text COLLATE "C"',
    ['~ type public.t: attributes'],
  ],
  ['range', '', 'CREATE TYPE r AS RANGE (subtype = float8)', ['+ type public.r']],
  [
    'range difference',
    'CREATE TYPE r AS RANGE (subtype = float8)',
    'DROP TYPE r; CREATE TYPE r AS RANGE (subtype = float8, subtype_diff = float8mi)',
    ['~ type public.r: difference'],
  ],
  ['base type', '', 'CREATE TYPE shell', ['+ type public.shell']],
  [
    'type comment',
    "CREATE TYPE mood AS ENUM ('a')",
    "COMMENT ON TYPE mood IS 'x'",
    ['~ type public.mood: comment'],
  ],
  [
    'function body',
    'CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $$ SELECT 2 $$',
    ['~ function public.f(integer): definition'],
  ],
  [
    'function volatility',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'ALTER FUNCTION f() IMMUTABLE STRICT',
    ['~ function public.f(): definition'],
  ],
  [
    'overload',
    'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    ['+ function public.f(text)'],
  ],
  [
    'procedure',
    '',
    "CREATE PROCEDURE p(a int) LANGUAGE sql AS ''",
    ['+ function public.p(integer)'],
  ],
  [
    'aggregate',
    'CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)',
    "CREATE OR REPLACE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '7')",
    ['~ function public.total(integer): initial'],
  ],
  [
    'trigger',
    `${TABLE} ${TRIGGER_FUNCTION}`,
    'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()',
    ['+ trigger public.a.t'],
  ],
  [
    'trigger disabled',
    `${TABLE} ${TRIGGER_FUNCTION} CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();`,
    'ALTER TABLE a DISABLE TRIGGER t',
    ['~ trigger public.a.t: firing'],
  ],
  [
    'constraint trigger',
    `${TABLE} ${TRIGGER_FUNCTION}`,
    'CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f()',
    ['+ trigger public.a.t'],
  ],
  ['rule', TABLE, 'CREATE RULE r AS ON DELETE TO a DO INSTEAD NOTHING', ['+ rule public.a.r']],
  ['policy', TABLE, 'CREATE POLICY p ON a FOR SELECT USING (c > 0)', ['+ policy public.a.p']],
  [
    'policy expression',
    `${TABLE} CREATE POLICY p ON a USING (c > 0);`,
    'ALTER POLICY p ON a TO CURRENT_USER USING (c > 1) WITH CHECK (true)',
    ['~ policy public.a.p: roles,using,with check'],
  ],
  ['statistics', TABLE, 'CREATE STATISTICS s ON b, c FROM a', ['+ statistics public.s']],
  [
    'statistics target',
    `${TABLE} CREATE STATISTICS s ON b, c FROM a;`,
    'ALTER STATISTICS s SET STATISTICS 3',
    ['~ statistics public.s: target'],
  ],
  [
    'event trigger',
    'CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$',
    "CREATE EVENT TRIGGER et ON ddl_command_end WHEN tag IN ('CREATE TABLE') EXECUTE FUNCTION e()",
    ['+ event_trigger et'],
  ],
  ['publication', TABLE, 'CREATE PUBLICATION p FOR TABLE a', ['+ publication p']],
  [
    'publication table',
    `${TABLE} CREATE PUBLICATION p;`,
    'ALTER PUBLICATION p ADD TABLE a',
    ['~ publication p: tables'],
  ],
  [
    'publication of some columns and rows',
    `${TABLE} CREATE PUBLICATION p FOR TABLE a;`,
    'ALTER PUBLICATION p SET TABLE a (id) WHERE (id > 5)',
    ['~ publication p: tables'],
  ],
  [
    'publication of a schema',
    'CREATE PUBLICATION p',
    'ALTER PUBLICATION p ADD TABLES IN SCHEMA public',
    ['~ publication p: schemas'],
  ],
  [
    'publication operations',
    'CREATE PUBLICATION p',
    "ALTER PUBLICATION p SET (publish = 'insert')",
    ['~ publication p: operations'],
  ],
  [
    'cast',
    "CREATE TYPE mood AS ENUM ('a')",
    'CREATE CAST (mood AS int) WITH INOUT AS ASSIGNMENT',
    ['+ cast (public.mood AS integer)'],
  ],
  [
    'operator',
    '',
    'CREATE OPERATOR ==> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
    ['+ operator public.==>(integer,integer)'],
  ],
  [
    'operator class',
    '',
    `CREATE OPERATOR CLASS oc FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =,
      OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)`,
    ['+ operator_class class btree public.oc', '+ operator_class family btree public.oc'],
  ],
  ['collation', '', 'CREATE COLLATION co FROM "C"', ['+ collation public.co']],
  [
    'text search configuration',
    'CREATE TEXT SEARCH CONFIGURATION ts (COPY = pg_catalog.simple)',
    'ALTER TEXT SEARCH CONFIGURATION ts DROP MAPPING FOR email',
    ['~ text_search configuration public.ts: mappings'],
  ],
  [
    'text search dictionary',
    'CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple, Accept = false)',
    'ALTER TEXT SEARCH DICTIONARY td (Accept = true)',
    ['~ text_search dictionary public.td: options'],
  ],
  [
    'foreign table',
    'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;',
    "CREATE FOREIGN TABLE ft (a int) SERVER s OPTIONS (x '1')",
    ['+ foreign_table public.ft', '+ column public.ft.a'],
  ],
  [
    'foreign server',
    'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;',
    "ALTER SERVER s OPTIONS (ADD host 'x')",
    ['~ foreign_server server s: options'],
  ],
  [
    'default rights',
    '',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC',
    ['+ default_acl tables in public'],
  ],
  [
    'default rights widened',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO PUBLIC',
    ['~ default_acl tables in public: grants'],
  ],
];

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

function summary(before: CatalogSnapshot, after: CatalogSnapshot): string[] {
  return diffCatalogs(before, after).map(({ change, kind, name, attributes }) => {
    const which = attributes ? `: ${attributes.map((attribute) => attribute.name).join(',')}` : '';
    return `${SIGNS[change]} ${kind} ${name}${which}`;
  });
}

const snapshot = () => snapshotCatalog(client, { tracking });

/** Each case in one transaction that is thrown away: snapshots see what is not yet committed. */
async function changesOf(setup: string, alter: string) {
  await client.query('BEGIN');
  try {
    if (setup) await client.query(setup);
    const before = await snapshot();
    await client.query(alter);
    const after = await snapshot();
    return { before, after };
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('a change of any object is found, and nothing else', () => {
  test.each(CASES)('%s', async (_name, setup, alter, changes) => {
    const { before, after } = await changesOf(setup, alter);
    expect(summary(before, after)).toEqual(changes);
    expect(fingerprint(after)).not.toBe(fingerprint(before));
    expect(summary(after, after)).toEqual([]);
  });

  test('an invalid index is not the index it was', async () => {
    const fresh = await createTestDatabase();
    const own = await fresh.connect();
    try {
      await own.query('CREATE TABLE a (b int); INSERT INTO a VALUES (1), (1)');
      const build = own.query('CREATE UNIQUE INDEX CONCURRENTLY i ON a (b)');
      await expect(build).rejects.toMatchObject({ code: '23505' });
      const { objects } = await snapshotCatalog(own, { tracking });
      expect(objects['index public.i']?.attributes).toMatchObject({ invalid: true });
    } finally {
      await own.end();
      await fresh.drop();
    }
  });

  test.each<[string, string, string]>([
    [
      'owner',
      'CREATE ROLE backstep_test_owner; CREATE TABLE a ();',
      'ALTER TABLE a OWNER TO backstep_test_owner',
    ],
    [
      'rights',
      'CREATE TABLE a (b int)',
      'GRANT SELECT ON a TO PUBLIC; GRANT UPDATE (b) ON a TO PUBLIC',
    ],
    [
      'column order',
      'CREATE TABLE a (b int, c int)',
      'ALTER TABLE a DROP b; ALTER TABLE a ADD b int',
    ],
    ['data', 'CREATE TABLE a (id serial)', 'INSERT INTO a DEFAULT VALUES'],
    ['a temporary table', '', 'CREATE TEMP TABLE t (id serial PRIMARY KEY)'],
    [
      'members of an extension',
      'CREATE EXTENSION pg_trgm',
      'ALTER FUNCTION similarity(text, text) VOLATILE',
    ],
    [
      'a table that an extension owns',
      `CREATE EXTENSION citext; ${TABLE} ALTER EXTENSION citext ADD TABLE a;`,
      'ALTER TABLE a ADD d int; CREATE INDEX i ON a (b); CREATE POLICY p ON a; COMMENT ON COLUMN a.b IS $$x$$',
    ],
    [
      'kept rows',
      'CREATE SCHEMA backstep_rescue',
      'CREATE TABLE backstep_rescue.a (b int PRIMARY KEY)',
    ],
  ])('%s: no difference', async (_name, setup, alter) => {
    const { before, after } = await changesOf(setup, alter);
    expect(summary(before, after)).toEqual([]);
    expect(fingerprint(after)).toBe(fingerprint(before));
  });
});
