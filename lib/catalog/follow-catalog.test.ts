import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { startTemporaryServer, type TemporaryServer } from '@/lib/embedded';
import { CatalogFollower, fingerprint, snapshotCatalog } from './index';
import { plantedChanges, plantedOn } from './planted-changes.fixture';
import { SCHEMA_CHANGES, SCHEMA_TO_CHANGE } from './schema-changes.fixture';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

/** Its own: roles and open transactions of other tests concern every database of their server. */
let server: TemporaryServer;
let client: pg.Client;
let reader: pg.Client;
let follower: CatalogFollower;

const NAMES = plantedChanges('', '').map(({ name }) => name);
const ROLE = 'followed_role';

async function connect(): Promise<pg.Client> {
  const connection = new pg.Client({ connectionString: server.url });
  await connection.connect();
  return connection;
}

beforeAll(async () => {
  server = await startTemporaryServer();
  client = await connect();
  reader = await connect();
  follower = new CatalogFollower(reader, tracking);
  await client.query('SET search_path = public');
  await client.query("SET lock_timeout = '5s'");
  await client.query(plantedOn(ROLE));
  await client.query(SCHEMA_TO_CHANGE);
  await follower.whole();
});

afterAll(async () => {
  await client?.end();
  await reader?.end();
  await server?.stop();
});

/** The order of keys says nothing. */
const sorted = ({ serverVersionNum, objects }: CatalogSnapshot) => ({
  serverVersionNum,
  objects: Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1)),
});

/** Reads both ways and compares all there is. @returns whether only parts were read anew */
async function follow(why: string): Promise<boolean> {
  const before = await follower.next();
  return compareNext(before, why);
}

async function compareNext(before: CatalogSnapshot, why: string): Promise<boolean> {
  const followed = await follower.next();
  const whole = await snapshotCatalog(client, { tracking });
  expect(sorted(followed), why).toEqual(sorted(whole));
  expect(fingerprint(followed), why).toBe(fingerprint(whole));
  const untouched = 'table public.o_table';
  return before.objects[untouched] === followed.objects[untouched];
}

async function change(sql: string): Promise<boolean> {
  const before = await follower.next();
  await client.query(sql);
  return compareNext(before, sql);
}

test('nothing is read anew when nothing has changed', async () => {
  const before = await follower.next();
  const after = await follower.next();
  expect(after.objects).toBe(before.objects);
});

describe('reads what snapshotCatalog reads after a planted change and after it is taken back', () => {
  test.each(NAMES)('%s', async (name) => {
    const planted = plantedChanges(ROLE, 'postgres').find((one) => one.name === name);
    await change(planted?.plant ?? '');
    await change(planted?.revert ?? '');
  });
});

describe('reads only parts anew for what migrations do most', () => {
  test.each([
    ['a table', 'CREATE TABLE f_new (id serial PRIMARY KEY, a text, b int REFERENCES k_target)'],
    ['a column', "ALTER TABLE k_check ADD COLUMN f_column text NOT NULL DEFAULT 'n/a'"],
    ['a column’s type', 'ALTER TABLE f_new ALTER b TYPE bigint'],
    ['an index', 'CREATE INDEX f_index ON f_new (a)'],
    ['a comment', "COMMENT ON COLUMN f_new.a IS 'x'"],
    ['a comment taken back', 'COMMENT ON COLUMN f_new.a IS NULL'],
    ['a right', 'GRANT SELECT ON f_new TO PUBLIC'],
    ['an enum', "CREATE TYPE f_enum AS ENUM ('a', 'b')"],
    ['a column of it', "ALTER TABLE f_new ADD COLUMN f f_enum DEFAULT 'a'"],
    ['a view', 'CREATE VIEW f_view AS SELECT id, a FROM f_new'],
    ['the table under a view', 'ALTER TABLE f_new ADD COLUMN g int'],
    ['a view’s end', 'DROP VIEW f_view'],
    ['an index’s end', 'DROP INDEX f_index'],
    ['a constraint’s end', 'ALTER TABLE f_new DROP CONSTRAINT f_new_b_fkey'],
    ['a column’s end', 'ALTER TABLE f_new DROP COLUMN f'],
    ['an enum’s end', 'DROP TYPE f_enum'],
    ['a table’s end', 'DROP TABLE f_new'],
  ])('%s', async (_name, sql) => {
    expect(await change(sql)).toBe(true);
  });
});

test('the fence is nobody’s object, and nothing is read for it but its table', async () => {
  await change('CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id int)');
  const local = await change(`
    CREATE SEQUENCE drizzle.backstep_fence_refusals; GRANT USAGE ON SEQUENCE drizzle.backstep_fence_refusals TO PUBLIC;
    CREATE FUNCTION drizzle.backstep_fence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE TRIGGER backstep_fence BEFORE INSERT ON drizzle.__drizzle_migrations
      FOR EACH STATEMENT EXECUTE FUNCTION drizzle.backstep_fence();
    COMMENT ON TRIGGER backstep_fence ON drizzle.__drizzle_migrations IS 'x'`);
  expect(local).toBe(true);
  await change('DROP SCHEMA drizzle CASCADE');
});

test('a table’s new name is found in everything that prints it', async () => {
  expect(await change('ALTER TABLE n_room RENAME TO n_hall')).toBe(false);
  await change('ALTER TABLE n_hall RENAME COLUMN id TO number');
  await change('ALTER TABLE n_hall RENAME COLUMN number TO id');
  await change('ALTER TABLE n_hall RENAME TO n_room');
});

test('a new column that makes a view print its joins in another way', async () => {
  await change(`CREATE TABLE j_one (id int, a int); CREATE TABLE j_two (id int, b int);
    CREATE VIEW j_view AS SELECT * FROM j_one JOIN j_two USING (id)`);
  await change('ALTER TABLE j_two ADD COLUMN a int');
  await change('DROP VIEW j_view; DROP TABLE j_one, j_two');
});

test('what was changed by a transaction that was open at the reading before', async () => {
  const other = await connect();
  await other.query('BEGIN');
  await other.query("COMMENT ON COLUMN public.k_check.x IS 'open'");
  // A later transaction ends first.
  await change('CREATE TABLE later_table (x int)');
  await change("COMMENT ON TABLE later_table IS 'y'");
  const before = await follower.next();
  await other.query('COMMIT');
  await other.end();
  await compareNext(before, 'the older transaction');
  const { objects } = await follower.next();
  expect(objects['column public.k_check.x']?.attributes.comment).toBe('open');
  await change('COMMENT ON COLUMN k_check.x IS NULL; DROP TABLE later_table');
});

test('what one transaction changes again and again, and what it takes back', async () => {
  await client.query(`BEGIN; ALTER TABLE k_check ADD COLUMN a int; SAVEPOINT s;
    ALTER TABLE k_check ADD COLUMN b int; ROLLBACK TO s; SAVEPOINT t; ALTER TABLE k_check ADD COLUMN c int;
    RELEASE t; ALTER TABLE k_check ALTER a SET NOT NULL; COMMIT`);
  expect(await follow('savepoints')).toBe(true);
  await client.query('BEGIN; DROP TABLE k_check CASCADE; ROLLBACK');
  expect(await follow('rolled back')).toBe(true);
  await change('ALTER TABLE k_check DROP COLUMN a, DROP COLUMN c');
});

test('a connection that has lost its prepared statements', async () => {
  await reader.query('DISCARD ALL');
  await change("COMMENT ON TABLE o_table IS 'discarded'");
  await change('COMMENT ON TABLE o_table IS NULL');
});

test('rows of the catalogs that VACUUM has moved and frozen', async () => {
  await client.query('VACUUM FULL pg_class');
  await client.query('VACUUM FREEZE pg_attribute');
  await follow('vacuum');
});

test('any changes in any order, several in one transaction', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(...SCHEMA_CHANGES), { minLength: 1, maxLength: 3 }), {
        minLength: 5,
        maxLength: 12,
      }),
      async (transactions) => {
        for (const statements of transactions) {
          const before = await follower.next();
          await client.query('BEGIN');
          for (const sql of statements) {
            await client.query('SAVEPOINT one');
            // What the order makes impossible is left out.
            await client.query(sql).catch(() => client.query('ROLLBACK TO one'));
          }
          await client.query('COMMIT');
          await compareNext(before, statements.join('; '));
        }
      },
    ),
    { numRuns: 12 },
  );
}, 120_000);
