import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hazard, HazardCode } from '@/lib/core/statement';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { parseScript } from '../index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

const SETUP = `
  CREATE TABLE a (id int PRIMARY KEY, b int, c text, d int);
  CREATE TABLE z (id int PRIMARY KEY, a_id int);
  CREATE INDEX a_b ON a (b);
  ALTER TABLE a ADD CONSTRAINT a_check CHECK (b > 0) NOT VALID;
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
  CREATE TRIGGER a_trigger BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
  CREATE POLICY a_policy ON a;
  CREATE RULE a_rule AS ON DELETE TO a DO INSTEAD NOTHING;
  CREATE VIEW v AS SELECT id FROM z;
  CREATE MATERIALIZED VIEW m AS SELECT id FROM z;
  CREATE UNIQUE INDEX m_id ON m (id);
  CREATE TABLE p (i int) PARTITION BY LIST (i);
  CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
  CREATE TABLE p2 (i int);
  CREATE SCHEMA app;
  CREATE TYPE mood AS ENUM ('good');
`;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query(SETUP);
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** ShareLock → SHARE, as pg_locks writes them; weakest first. */
const MODES: Record<string, string> = {
  RowExclusiveLock: 'ROW EXCLUSIVE',
  ShareUpdateExclusiveLock: 'SHARE UPDATE EXCLUSIVE',
  ShareLock: 'SHARE',
  ShareRowExclusiveLock: 'SHARE ROW EXCLUSIVE',
  ExclusiveLock: 'EXCLUSIVE',
  AccessExclusiveLock: 'ACCESS EXCLUSIVE',
};
const ORDER = Object.values(MODES);
const BLOCKING = ORDER.slice(2);

/** What the server really holds while the statement's transaction is open, tables that existed only. */
async function heldLocks(sql: string, setup = ''): Promise<Record<string, string>> {
  await client.query('BEGIN');
  try {
    const { rows: before } = await client.query<{ oid: number; name: string }>(
      `SELECT oid, oid::regclass::text AS name FROM pg_class
        WHERE relkind IN ('r', 'v', 'm', 'p') AND relnamespace = 'public'::regnamespace`,
    );
    await client.query(setup + sql);
    const { rows } = await client.query<{ relation: number; mode: string }>(
      `SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'`,
    );
    const held: Record<string, string> = {};
    for (const { relation, mode } of rows) {
      const name = before.find(({ oid }) => oid === relation)?.name;
      const lock = MODES[mode];
      if (name === undefined || lock === undefined) continue;
      const known = held[`public.${name}`];
      if (known === undefined || ORDER.indexOf(known) < ORDER.indexOf(lock)) {
        held[`public.${name}`] = lock;
      }
    }
    return held;
  } finally {
    await client.query('ROLLBACK');
  }
}

async function hazardsOf(sql: string): Promise<readonly Hazard[]> {
  const parsed = await parseScript(Buffer.from(sql), { tracking });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  return parsed.statements[0]?.hazards ?? [];
}

/** What keeps writers or readers out. */
async function foretoldLocks(sql: string): Promise<Record<string, string>> {
  const locks = (await hazardsOf(sql)).filter(({ code }) => code === 'blocks_writes');
  return Object.fromEntries(locks.map((hazard) => [hazard.relation ?? '?', hazard.lock ?? '']));
}

describe('the locks that are foretold are the locks that PostgreSQL takes', () => {
  test.each([
    'ALTER TABLE a DROP COLUMN c',
    'ALTER TABLE a ADD COLUMN e int',
    'ALTER TABLE a ALTER COLUMN b TYPE bigint',
    'ALTER TABLE a ALTER COLUMN b SET DEFAULT 1',
    'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
    'ALTER TABLE a ALTER COLUMN b SET STATISTICS 10',
    'ALTER TABLE a SET (fillfactor = 90)',
    'ALTER TABLE a VALIDATE CONSTRAINT a_check',
    'ALTER TABLE a DROP CONSTRAINT a_check',
    'ALTER TABLE a ADD CONSTRAINT x CHECK (d > 0)',
    'ALTER TABLE a ADD CONSTRAINT x UNIQUE (d)',
    'ALTER TABLE z ADD CONSTRAINT x FOREIGN KEY (a_id) REFERENCES a (id)',
    'ALTER TABLE z ADD COLUMN y int REFERENCES a (id)',
    'ALTER TABLE a DISABLE TRIGGER a_trigger',
    'ALTER TABLE a ENABLE TRIGGER USER',
    'ALTER TABLE a ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE a CLUSTER ON a_b',
    'ALTER TABLE a RENAME TO y',
    'ALTER TABLE a RENAME COLUMN b TO y',
    'ALTER TABLE a RENAME CONSTRAINT a_check TO y',
    'ALTER TABLE a SET SCHEMA app',
    'ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)',
    'ALTER TABLE p DETACH PARTITION p1',
    'CREATE TABLE p3 PARTITION OF p FOR VALUES IN (3)',
    'CREATE TABLE n (a_id int REFERENCES a (id))',
    'CREATE TABLE n (a_id int, FOREIGN KEY (a_id) REFERENCES a (id))',
    'CREATE INDEX n ON a (c)',
    'CREATE TRIGGER n BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION f()',
    'CREATE POLICY n ON a',
    'ALTER POLICY a_policy ON a USING (true)',
    'CREATE RULE n AS ON UPDATE TO a DO INSTEAD NOTHING',
    'DROP TRIGGER a_trigger ON a',
    'DROP POLICY a_policy ON a',
    'DROP RULE a_rule ON a',
    'DROP TABLE a',
    'DROP VIEW v',
    'DROP MATERIALIZED VIEW m',
    'TRUNCATE a',
    'REINDEX TABLE a',
    'CLUSTER a USING a_b',
    'REFRESH MATERIALIZED VIEW m',
    'REFRESH MATERIALIZED VIEW CONCURRENTLY m',
    'LOCK TABLE a IN SHARE ROW EXCLUSIVE MODE',
    'LOCK TABLE a IN ROW EXCLUSIVE MODE',
    'DELETE FROM a WHERE b = 1',
    "COMMENT ON TABLE a IS 'x'",
  ])('%s', async (sql) => {
    const held = Object.entries(await heldLocks(sql));
    const blocking = held.filter(([, lock]) => BLOCKING.includes(lock));
    expect(await foretoldLocks(sql)).toEqual(Object.fromEntries(blocking));
  });

  test('DROP INDEX locks a table that only the catalog knows', async () => {
    expect(await heldLocks('DROP INDEX a_b')).toEqual({ 'public.a': 'ACCESS EXCLUSIVE' });
    expect(await foretoldLocks('DROP INDEX a_b')).toEqual({ '?': 'ACCESS EXCLUSIVE' });
  });

  test.each<[string, HazardCode]>([
    ['DROP TABLE p1', 'drops_table'],
    ['ALTER TABLE a DROP COLUMN c', 'drops_column'],
    ['ALTER TABLE a DROP CONSTRAINT a_check', 'drops_constraint'],
    ['DROP VIEW v', 'drops_view'],
    ['DROP TRIGGER a_trigger ON a', 'drops_object'],
    ['ALTER TABLE a ALTER COLUMN d TYPE text', 'changes_type'],
    ['ALTER TABLE a ALTER COLUMN b TYPE bigint', 'rewrites_table'],
    ['ALTER TABLE a ADD COLUMN e uuid DEFAULT gen_random_uuid()', 'rewrites_table'],
    ['ALTER TABLE a ADD COLUMN e serial', 'rewrites_table'],
    ['ALTER TABLE a SET UNLOGGED', 'rewrites_table'],
    ['CLUSTER a USING a_b', 'rewrites_table'],
    ['ALTER TABLE a VALIDATE CONSTRAINT a_check', 'scans_table'],
    ['ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)', 'scans_table'],
    ['ALTER TABLE a ALTER COLUMN b SET NOT NULL', 'adds_not_null'],
    ['ALTER TABLE a ADD UNIQUE (c)', 'adds_unique'],
    ['CREATE UNIQUE INDEX n ON a (c)', 'adds_unique'],
    ['ALTER TABLE z ADD PRIMARY KEY (a_id)', 'adds_unique'],
    ['CREATE INDEX n ON a (c)', 'builds_index'],
    ['REINDEX TABLE a', 'builds_index'],
    ['ALTER TABLE a ADD CHECK (d > 0)', 'adds_check'],
    ['ALTER TABLE z ADD FOREIGN KEY (a_id) REFERENCES a (id)', 'adds_foreign_key'],
    ['ALTER TABLE z ADD FOREIGN KEY (a_id) REFERENCES a (id) NOT VALID', 'adds_foreign_key'],
    ['TRUNCATE z', 'truncates'],
    ['DELETE FROM a WHERE b = 1', 'deletes_rows'],
    ['UPDATE a SET b = 1', 'updates_rows'],
  ])('%s tells its lock with %s', async (sql, code) => {
    const setup = sql.includes('PRIMARY KEY') ? 'ALTER TABLE z DROP CONSTRAINT z_pkey;' : '';
    const hazard = (await hazardsOf(sql)).find((one) => one.code === code);
    expect(hazard?.relation).toBeDefined();
    const held = await heldLocks(sql, setup);
    expect(hazard?.lock).toBe(held[hazard?.relation ?? '']);
  });

  test('long work under a lock is a warning, a moment is not', async () => {
    const severityOf = async (sql: string) =>
      (await hazardsOf(sql)).find(({ code }) => code === 'blocks_writes')?.severity;
    expect(await severityOf('ALTER TABLE a ALTER COLUMN b TYPE bigint')).toBe('warn');
    expect(await severityOf('CREATE INDEX n ON a (c)')).toBe('warn');
    expect(await severityOf('ALTER TABLE a DROP COLUMN c')).toBe('info');
  });
});

describe('what is marked as non-transactional is what PostgreSQL refuses in a transaction', () => {
  const ACTIVE_SQL_TRANSACTION = '25001';

  test.each([
    'CREATE INDEX CONCURRENTLY n ON a (c)',
    'DROP INDEX CONCURRENTLY a_b',
    'REINDEX TABLE CONCURRENTLY a',
    'REINDEX SCHEMA public',
    'VACUUM a',
    'CLUSTER',
    'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY',
  ])('%s', async (sql) => {
    const parsed = await parseScript(Buffer.from(sql), { tracking });
    expect(parsed).toMatchObject({ ok: true, statements: [{ transactional: false }] });
    await expect(heldLocks(sql)).rejects.toMatchObject({ code: ACTIVE_SQL_TRANSACTION });
  });

  /** The lock that a statement waits for while somebody else keeps writers out. */
  async function awaitedLock(sql: string, table: string): Promise<string | undefined> {
    const [holder, waiter] = [await database.connect(), await database.connect()];
    try {
      await holder.query(`BEGIN; LOCK TABLE ${table} IN SHARE MODE`);
      const { rows: own } = await waiter.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const done = waiter.query(sql).catch(() => undefined);
      let mode: string | undefined;
      while (mode === undefined) {
        const { rows } = await client.query<{ mode: string }>(
          `SELECT mode FROM pg_locks
            WHERE pid = $1 AND relation = $2::regclass AND NOT granted`,
          [own[0]?.pid, table],
        );
        mode = rows[0]?.mode;
      }
      await client.query('SELECT pg_cancel_backend($1)', [own[0]?.pid]);
      await done;
      return MODES[mode];
    } finally {
      await Promise.all([holder.end(), waiter.end()]);
    }
  }

  test.each([
    ['CREATE INDEX CONCURRENTLY n ON a (c)', 'a'],
    ['REINDEX TABLE CONCURRENTLY a', 'a'],
    ['DROP INDEX CONCURRENTLY a_b', 'a'],
    ['VACUUM a', 'a'],
    ['VACUUM FULL a', 'a'],
    ['VACUUM (FULL) a', 'a'],
    ['ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY', 'p'],
  ])('%s tells the lock that it takes', async (sql, table) => {
    const told = (await hazardsOf(sql)).find(({ code }) => code === 'not_transactional');
    // Which table an index stands on is in the catalog alone.
    expect(told?.relation).toBe(sql.startsWith('DROP INDEX') ? undefined : `public.${table}`);
    expect(told?.lock).toBe(await awaitedLock(sql, table));
  });

  test.each([
    "ALTER TYPE mood ADD VALUE 'bad'",
    'ANALYZE a',
    'REINDEX INDEX a_b',
    'CREATE STATISTICS s ON b, c FROM a',
  ])('%s is not', async (sql) => {
    expect(await parseScript(Buffer.from(sql), { tracking })).toMatchObject({ ok: true });
    await heldLocks(sql);
  });
});
