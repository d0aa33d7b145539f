import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { diffCatalogs, settleWording, snapshotCatalog } from './index';

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

const TABLE = 'CREATE TABLE t (status varchar(9), n int, note text);';

/** What PostgreSQL prints of `status IN ('a', 'b')` at first; parsed, that is printed in another form. */
const FIRST = "status IN ('a', 'b')";
const AGAIN =
  "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))";
const OTHER =
  "((status)::text = ANY ((ARRAY['a'::character varying, 'c'::character varying])::text[]))";

/** [what, what is there, `form` → statements that say it again] */
type Case = [what: string, setup: string, say: (form: string) => string];

const CASES: Case[] = [
  [
    'a check',
    `${TABLE} ALTER TABLE t ADD CONSTRAINT k CHECK (${FIRST});`,
    (form) => `ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (${form})`,
  ],
  [
    'a check that is not validated, on a table with awkward names',
    `CREATE SCHEMA "a.b"; CREATE TABLE "a.b"."T ON x" (status varchar);
     ALTER TABLE "a.b"."T ON x" ADD CONSTRAINT "K k" CHECK (${FIRST}) NOT VALID;`,
    (form) =>
      `ALTER TABLE "a.b"."T ON x" DROP CONSTRAINT "K k";
       ALTER TABLE "a.b"."T ON x" ADD CONSTRAINT "K k" CHECK (${form}) NOT VALID`,
  ],
  [
    'a domain’s check',
    `CREATE DOMAIN d AS varchar CONSTRAINT k CHECK (${FIRST.replace('status', 'value')});`,
    (form) =>
      `ALTER DOMAIN d DROP CONSTRAINT k;
       ALTER DOMAIN d ADD CONSTRAINT k CHECK (${form.replace('(status)', '(value)')})`,
  ],
  [
    'a domain’s default',
    `CREATE DOMAIN d AS bool DEFAULT ('a'::varchar IN ('a', 'b'));`,
    (form) => `ALTER DOMAIN d SET DEFAULT ${form.replace('(status)', "('a'::character varying)")}`,
  ],
  [
    'a default',
    `${TABLE} ALTER TABLE t ADD ok bool DEFAULT ('a'::varchar IN ('a', 'b'));`,
    (form) =>
      `ALTER TABLE t ALTER ok SET DEFAULT ${form.replace('(status)', "('a'::character varying)")}`,
  ],
  [
    'a generated column',
    `${TABLE} ALTER TABLE t ADD ok bool GENERATED ALWAYS AS (${FIRST}) STORED;`,
    (form) =>
      `ALTER TABLE t DROP ok; ALTER TABLE t ADD ok bool GENERATED ALWAYS AS (${form}) STORED`,
  ],
  [
    'an index’s predicate',
    `${TABLE} CREATE UNIQUE INDEX "I i" ON t (n) WHERE ${FIRST};`,
    (form) => `DROP INDEX "I i"; CREATE UNIQUE INDEX "I i" ON t (n) WHERE ${form}`,
  ],
  [
    'an index’s expression, on a partitioned table',
    `CREATE TABLE t (status varchar, n int) PARTITION BY LIST (n); CREATE INDEX i ON t ((${FIRST}));`,
    (form) => `DROP INDEX i; CREATE INDEX i ON t ((${form}))`,
  ],
  [
    'a policy',
    `${TABLE} CREATE POLICY p ON t USING (${FIRST}) WITH CHECK (${FIRST});`,
    (form) => `DROP POLICY p ON t; CREATE POLICY p ON t USING (${form}) WITH CHECK (${form})`,
  ],
  [
    'a policy that looks at its own table',
    `${TABLE} CREATE POLICY p ON t
       USING (${FIRST} AND EXISTS (SELECT FROM t other WHERE other.n = t.n));`,
    (form) => `DROP POLICY p ON t; CREATE POLICY p ON t
       USING (${form} AND EXISTS (SELECT FROM t other WHERE other.n = t.n))`,
  ],
  [
    'a view',
    `${TABLE} CREATE VIEW v AS SELECT n FROM t WHERE ${FIRST};`,
    (form) => `DROP VIEW v; CREATE VIEW v AS SELECT n FROM t WHERE ${form}`,
  ],
  [
    'a materialized view',
    `${TABLE} CREATE MATERIALIZED VIEW v AS SELECT n FROM t WHERE ${FIRST};`,
    (form) =>
      `DROP MATERIALIZED VIEW v; CREATE MATERIALIZED VIEW v AS SELECT n FROM t WHERE ${form}`,
  ],
  [
    'a trigger’s condition',
    `${TABLE} CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
     CREATE TRIGGER g BEFORE UPDATE OF n ON t FOR EACH ROW WHEN (new.${FIRST}) EXECUTE FUNCTION f();`,
    (form) => `DROP TRIGGER g ON t; CREATE TRIGGER g BEFORE UPDATE OF n ON t FOR EACH ROW
      WHEN (${form.replace('(status)', '(new.status)')}) EXECUTE FUNCTION f()`,
  ],
  [
    'a rule',
    `${TABLE} CREATE RULE r AS ON UPDATE TO t WHERE new.${FIRST} DO INSTEAD NOTHING;`,
    (form) => `DROP RULE r ON t; CREATE RULE r AS ON UPDATE TO t
      WHERE ${form.replace('(status)', '(new.status)')} DO INSTEAD NOTHING`,
  ],
  [
    'an exclusion',
    `CREATE TABLE t (status varchar, r int4range, CONSTRAINT k EXCLUDE USING gist (r WITH &&) WHERE (${FIRST}));`,
    (form) =>
      `ALTER TABLE t DROP CONSTRAINT k;
       ALTER TABLE t ADD CONSTRAINT k EXCLUDE USING gist (r WITH &&) WHERE (${form})`,
  ],
  [
    'a partition key',
    `CREATE TABLE t (status varchar, n int) PARTITION BY LIST ((${FIRST}));`,
    (form) => `DROP TABLE t; CREATE TABLE t (status varchar, n int) PARTITION BY LIST ((${form}))`,
  ],
  [
    'statistics on an expression',
    `${TABLE} CREATE STATISTICS "S s" ON n, (${FIRST}) FROM t;`,
    (form) => `DROP STATISTICS "S s"; CREATE STATISTICS "S s" ON n, (${form}) FROM t`,
  ],
  [
    'a default of an argument',
    `CREATE FUNCTION f(a bool DEFAULT 'a'::varchar IN ('a', 'b')) RETURNS int LANGUAGE sql AS 'SELECT 1';`,
    (form) =>
      `CREATE OR REPLACE FUNCTION f(a bool DEFAULT ${form.replace('(status)', "('a'::character varying)")})
       RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  ],
];

async function between<T>(
  setup: string,
  alter: string,
  work: (before: CatalogSnapshot, after: CatalogSnapshot) => Promise<T>,
): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query(setup);
    const before = await snapshotCatalog(client, { tracking });
    await client.query(alter);
    return await work(before, await snapshotCatalog(client, { tracking }));
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('wording', () => {
  test.each(CASES)('%s that is said in other words is the same', async (_what, setup, say) => {
    await between(setup, say(AGAIN), async (before, after) => {
      const changes = diffCatalogs(before, after);
      // PostgreSQL prints the two in two ways; otherwise there would be nothing to settle.
      expect(changes).toHaveLength(1);
      expect(await settleWording(client, before, after, changes)).toEqual([]);
      // And the other way round: what the database has now is as good a place.
      expect(await settleWording(client, after, before, diffCatalogs(after, before))).toEqual([]);
      // Nothing of the attempts is left.
      expect(diffCatalogs(after, await snapshotCatalog(client, { tracking }))).toEqual([]);
      const { rows } = await client.query(
        "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind <> 't'",
      );
      expect(rows).toEqual([]);
    });
  });

  test.each(CASES)('%s that says something else is not', async (_what, setup, say) => {
    await between(setup, say(OTHER), async (before, after) => {
      const changes = diffCatalogs(before, after);
      expect(changes).toHaveLength(1);
      expect(await settleWording(client, before, after, changes)).toEqual(changes);
    });
  });
});

test('what differs besides stays, alone', async () => {
  await between(
    `${TABLE} ALTER TABLE t ADD CONSTRAINT k CHECK (${FIRST});`,
    `ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (${AGAIN});
     COMMENT ON CONSTRAINT k ON t IS 'x'`,
    async (before, after) => {
      const settled = await settleWording(client, before, after, diffCatalogs(before, after));
      expect(settled.map(({ attributes }) => attributes)).toEqual([
        [{ name: 'comment', before: null, after: 'x' }],
      ]);
    },
  );
});

test('what PostgreSQL cannot re-create stays, and the transaction goes on', async () => {
  await between(
    `${TABLE} CREATE FUNCTION gone(text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
     ALTER TABLE t ADD CONSTRAINT k CHECK (gone(note));`,
    `ALTER TABLE t DROP CONSTRAINT k; DROP FUNCTION gone(text);
     ALTER TABLE t ADD CONSTRAINT k CHECK (note <> '')`,
    async (before, after) => {
      const changes = diffCatalogs(before, after);
      expect(await settleWording(client, before, after, changes)).toEqual(changes);
      expect(client.getTransactionStatus()).toBe('T');
    },
  );
});

test('a foreign key is compared as it is', async () => {
  await between(
    'CREATE TABLE z (id int PRIMARY KEY); CREATE TABLE t (n int CONSTRAINT k REFERENCES z);',
    'ALTER TABLE t DROP CONSTRAINT k, ADD CONSTRAINT k FOREIGN KEY (n) REFERENCES z ON DELETE CASCADE',
    async (before, after) => {
      const changes = diffCatalogs(before, after);
      expect(await settleWording(client, before, after, changes)).toEqual(changes);
    },
  );
});

test('outside of a transaction it begins one of its own and leaves nothing', async () => {
  const fresh = await createTestDatabase();
  const own = await fresh.connect();
  try {
    await own.query(`${TABLE} ALTER TABLE t ADD CONSTRAINT k CHECK (${FIRST})`);
    const before = await snapshotCatalog(own, { tracking });
    await own.query(
      `ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (${AGAIN})`,
    );
    // Strings are read in this way by the session, and must not be by us.
    await own.query("SET search_path = 'public'; SET standard_conforming_strings = off");
    const after = await snapshotCatalog(own, { tracking });
    const changes = diffCatalogs(before, after);
    expect(changes).toHaveLength(1);
    expect(await settleWording(own, before, after, changes)).toEqual([]);
    expect(own.getTransactionStatus()).toBe('I');
    const { rows } = await own.query<{ path: string }>(
      "SELECT current_setting('search_path') AS path",
    );
    expect(rows).toEqual([{ path: 'public' }]);
    expect(await snapshotCatalog(own, { tracking })).toEqual(after);
  } finally {
    await own.end();
    await fresh.drop();
  }
});

test('a failed transaction of the caller stays the caller’s', async () => {
  await between(
    `${TABLE} ALTER TABLE t ADD CONSTRAINT k CHECK (${FIRST});`,
    `ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (${AGAIN})`,
    async (before, after) => {
      await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
      const settling = settleWording(client, before, after, diffCatalogs(before, after));
      await expect(settling).rejects.toMatchObject({ code: '25P02' });
      expect(client.getTransactionStatus()).toBe('E');
    },
  );
});
