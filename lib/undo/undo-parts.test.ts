import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrackingRow } from '@/lib/core/migration';
import { partsOf } from '@/lib/core/parts';
import type { PlanStep } from '@/lib/core/plan';
import { parseScript } from '@/lib/sql';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import {
  type Probed,
  probeAfterwards,
  StepUndoneError,
  type UndoInput,
  undoPart,
  undoStep,
} from '.';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };
const ROWS: TrackingRow[] = [
  { id: 1, hash: 'aaa', createdAt: '1000' },
  { id: 2, hash: 'bbb', createdAt: '2000' },
];

let database: TestDatabase;
let client: pg.Client;
let other: pg.Client;

beforeEach(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  other = await database.connect();
  await other.query(`
    CREATE SCHEMA drizzle;
    CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
    INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('aaa', 1000), ('bbb', 2000);
    CREATE TABLE rooms (id int PRIMARY KEY, name text);
    INSERT INTO rooms VALUES (1, 'a'), (2, 'a');
    CREATE SCHEMA app;
    CREATE TABLE app.logs (day int) PARTITION BY RANGE (day);
    CREATE TABLE app.logs_1 PARTITION OF app.logs FOR VALUES FROM (1) TO (2);
  `);
});

afterEach(async () => {
  await Promise.allSettled([client.end(), other.end()]);
  await database.drop();
});

async function stepOf(script: string): Promise<PlanStep> {
  const parsed = await parseScript(Buffer.from(script), { tracking: TRACKING });
  if (!parsed.ok) throw new Error(parsed.refusals[0]?.message);
  return {
    position: 0,
    tag: '0001_rooms',
    number: '0001',
    upHash: 'bbb',
    row: ROWS[1] as TrackingRow,
    rollbackFile: '0001_rollback.sql',
    pairedBy: 'number',
    rollbackSha256: '',
    rollbackSql: script,
    unwrapped: false,
    statements: parsed.statements,
  };
}

const SETTINGS = { lockTimeoutMs: 300, statementTimeoutMs: 5_000, searchPath: 'public' };

const inputFor = (step: PlanStep, hooks: UndoInput['hooks'] = {}): UndoInput => ({
  step,
  tracking: TRACKING,
  expectedRows: ROWS,
  settings: SETTINGS,
  fence: null,
  hooks,
});

async function performPart(
  step: PlanStep,
  index: number,
  sentBefore: boolean,
  hooks: UndoInput['hooks'] = {},
): Promise<void> {
  const part = partsOf(step.statements)[index];
  if (!part) throw new Error('there is no such part');
  await undoPart(client, inputFor(step, hooks), part, { sentBefore });
}

async function undone(work: Promise<unknown>): Promise<StepUndoneError> {
  const fault = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(fault).toBeInstanceOf(StepUndoneError);
  return fault as StepUndoneError;
}

async function indexes(): Promise<string[]> {
  const { rows } = await other.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END AS name
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'app') AND NOT i.indisprimary ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function trackingIds(): Promise<number[]> {
  const { rows } = await other.query<{ id: number }>(
    'SELECT id FROM drizzle.__drizzle_migrations ORDER BY id',
  );
  return rows.map(({ id }) => id);
}

const invalidate = (index: string) =>
  other.query('UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass', [index]);

describe('a step with statements that run alone', () => {
  it('takes the row last, and begins each part with the settings that the script has set', async () => {
    const step = await stepOf(`
      SET search_path = app;
      CREATE INDEX CONCURRENTLY logs_day ON logs_1 (day);
      VACUUM logs_1;
      ALTER TABLE logs_1 ADD COLUMN gone int;
      ALTER TABLE logs_1 DROP COLUMN gone;`);
    await other.query('ALTER TABLE app.logs DETACH PARTITION app.logs_1');
    const order: string[] = [];
    const { xid, statements } = await undoStep(
      client,
      inputFor(step, {
        beforeCommit: async (_xid, part) => void order.push(`commit ${part.index}`),
        beforeAlone: async (_statement, part) => void order.push(`alone ${part.index}`),
        trackingRemoved: () => order.push('row'),
      }),
    );
    expect(order).toEqual(['commit 0', 'alone 1', 'alone 2', 'row', 'commit 3']);
    expect(xid).toMatch(/^\d+$/);
    expect(statements.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(await indexes()).toEqual(['app.logs_day']);
    expect(await trackingIds()).toEqual([1]);
    const { rows } = await client.query("SELECT current_setting('search_path') AS path");
    expect(rows).not.toEqual([{ path: 'app' }]);
  });

  it('puts the fence up in a transaction of its own where the first statement runs alone', async () => {
    const step = await stepOf('CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);');
    const heard: string[] = [];
    await undoStep(client, {
      ...inputFor(step, {
        fenceRaised: () => heard.push('raised'),
        fenceCommitted: async () => {
          const fence = await other.query("SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'");
          heard.push(`committed ${fence.rowCount}`);
        },
        beforeAlone: async () => void heard.push('alone'),
      }),
      fence: { rollback: 'RB-0001', head: '0000_x' },
    });
    expect(heard).toEqual(['raised', 'committed 1', 'alone']);
  });

  it('sends nothing when the intent may not be recorded', async () => {
    const step = await stepOf('CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);');
    const fault = await undone(
      performPart(step, 0, false, {
        beforeAlone: () => Promise.reject(new Error('the control database is away')),
      }),
    );
    expect(fault.error.message).toBe('the control database is away');
    expect(await indexes()).toEqual([]);
  });

  it('keeps the tracking row until everything before is in', async () => {
    const step = await stepOf(`
      DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'bbb';
      VACUUM rooms;`);
    const fault = await undone(undoStep(client, inputFor(step)));
    expect(fault.error.message).toMatch(/before its last statement that runs outside/);
    expect(await trackingIds()).toEqual([1, 2]);
  });

  it('notices before a statement that runs alone that somebody migrated', async () => {
    const step = await stepOf('SELECT 1; CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);');
    await other.query(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('c', 3000)",
    );
    const fault = await undone(performPart(step, 1, false));
    expect(fault.error.message).toMatch(/somebody migrated in between/);
    expect(await indexes()).toEqual([]);
  });
});

describe('a statement that failed', () => {
  it('leaves no INVALID index behind', async () => {
    const step = await stepOf('CREATE UNIQUE INDEX CONCURRENTLY rooms_name ON rooms (name);');
    const fault = await undone(performPart(step, 0, false));
    expect(fault).toMatchObject({
      retryable: false,
      left: undefined,
      error: { sqlstate: '23505' },
    });
    expect(await indexes()).toEqual([]);
  });

  it('says what it has left where that can’t be taken away yet, and may be tried again', async () => {
    const step = await stepOf('SELECT 1; CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);');
    await other.query("BEGIN; UPDATE rooms SET name = 'b' WHERE id = 1");
    const fault = await undone(performPart(step, 1, false));
    expect(fault).toMatchObject({ retryable: true, error: { sqlstate: '55P03' } });
    expect(fault.left).toMatch(/rooms_name is there, but INVALID/);
    await other.query('COMMIT');
    expect(await indexes()).toEqual(['public.rooms_name INVALID']);
    const found: Probed[] = [];
    await performPart(step, 1, true, { probed: (_statement, probed) => found.push(probed) });
    expect(found.map((probed) => probed.found)).toEqual(['unfinished']);
    expect(await indexes()).toEqual(['public.rooms_name']);
    const { rows } = await client.query("SELECT current_setting('lock_timeout') AS lock");
    expect(rows).toEqual([{ lock: '0' }]);
  });

  it('takes away what a REINDEX has left, and leaves alone what was there before', async () => {
    await other.query(`
      CREATE FUNCTION same(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
      CREATE INDEX rooms_name ON rooms (same(name)); CREATE INDEX rooms_both ON rooms (name, id);
      CREATE OR REPLACE FUNCTION same(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''broken''; END';`);
    const there = ['public.rooms_both', 'public.rooms_name'];
    const step = await stepOf('REINDEX TABLE CONCURRENTLY rooms;');
    const fault = await undone(performPart(step, 0, false));
    expect(fault).toMatchObject({ left: undefined, error: { message: 'broken' } });
    expect(await indexes()).toEqual(there);
    await other.query('REINDEX TABLE CONCURRENTLY rooms').catch(() => undefined);
    const before = await indexes();
    expect(before.filter((name) => name.endsWith('INVALID')).length).toBeGreaterThan(0);
    await undone(performPart(step, 0, false));
    expect(await indexes()).toEqual(expect.arrayContaining(before));
  });

  it('never touches an index that was there before', async () => {
    await other.query('CREATE INDEX rooms_name ON rooms (name)');
    await invalidate('rooms_name');
    const plain = await stepOf('CREATE INDEX CONCURRENTLY rooms_name ON rooms (id);');
    expect((await undone(performPart(plain, 0, false))).error.sqlstate).toBe('42P07');
    const content = await stepOf(
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS rooms_name ON rooms (id);',
    );
    const fault = await undone(performPart(content, 0, false));
    expect(fault.error.message).toMatch(/INVALID.*Drop it by hand/);
    expect(fault.left).toBeUndefined();
    expect(await indexes()).toEqual(['public.rooms_name INVALID']);
  });
});

describe('a statement whose answer nobody saw', () => {
  const probe = async (script: string): Promise<Probed['found']> => {
    const step = await stepOf(script);
    const [part] = partsOf(step.statements).filter(({ transactional }) => !transactional);
    if (!part) throw new Error('nothing runs alone');
    return (await probeAfterwards(client, { step, settings: SETTINGS }, part)).found;
  };

  it('is not sent again when it is done', async () => {
    await other.query('CREATE INDEX rooms_name ON rooms (name)');
    const step = await stepOf('SELECT 1; CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);');
    const started: number[] = [];
    await performPart(step, 1, true, { statementStarted: (index) => started.push(index) });
    expect(started).toEqual([]);
  });

  it('is found in the catalog by the names that the script means', async () => {
    await other.query(`
      CREATE TABLE app.rooms (name text);
      CREATE INDEX rooms_name ON app.rooms (name);`);
    expect(await probe('CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);')).toBe('not_done');
    expect(await probe('CREATE INDEX CONCURRENTLY rooms_name ON app.rooms (name);')).toBe('done');
    expect(
      await probe('SET search_path = app; CREATE INDEX CONCURRENTLY rooms_name ON rooms (name);'),
    ).toBe('done');
    expect(await probe('DROP INDEX CONCURRENTLY rooms_name;')).toBe('done');
    expect(await probe('DROP INDEX CONCURRENTLY app.rooms_name;')).toBe('not_done');
    await invalidate('app.rooms_name');
    expect(await probe('DROP INDEX CONCURRENTLY app.rooms_name;')).toBe('unfinished');
    expect(await probe('VACUUM rooms;')).toBe('not_done');
    expect(client.getTransactionStatus()).toBe('I');
  });

  it('of a detached partition is completed where it was broken off', async () => {
    const script = 'SELECT 1; ALTER TABLE app.logs DETACH PARTITION app.logs_1 CONCURRENTLY;';
    expect(await probe(script)).toBe('not_done');
    // Waits for whoever reads the table, after its first transaction.
    await other.query('BEGIN; SELECT FROM app.logs');
    const step = await stepOf(script);
    const fault = await undone(performPart(step, 1, false));
    expect(fault.left).toMatch(/waits to be finalized/);
    await other.query('COMMIT');
    expect(await probe(script)).toBe('unfinished');
    await performPart(step, 1, true);
    expect(await probe(script)).toBe('done');
  });

  it.each([
    'INDEX CONCURRENTLY app.rooms_name',
    'TABLE CONCURRENTLY app.rooms',
    'SCHEMA CONCURRENTLY app',
  ])('of a REINDEX %s leaves nothing behind when it is sent again', async (what) => {
    await other.query(`
      CREATE TABLE app.rooms (name text);
      CREATE INDEX rooms_name ON app.rooms (name); CREATE INDEX rooms_name ON rooms (name);
      CREATE INDEX rooms_name_ccnew ON app.rooms (name); CREATE INDEX rooms_name_ccold1 ON app.rooms (name);
      CREATE INDEX elsewhere_ccnew ON rooms (name);`);
    for (const name of ['app.rooms_name_ccnew', 'app.rooms_name_ccold1', 'elsewhere_ccnew'])
      await invalidate(name);
    const script = `SELECT 1; REINDEX ${what};`;
    expect(await probe(script)).toBe('unfinished');
    const found: Probed[] = [];
    await performPart(await stepOf(script), 1, true, {
      probed: (_statement, probed) => found.push(probed),
    });
    expect(found.map(({ message }) => message)).toEqual([
      'REINDEX was broken off and has left app.rooms_name_ccnew, app.rooms_name_ccold1, INVALID.',
    ]);
    expect(await indexes()).toEqual([
      'app.rooms_name',
      'public.elsewhere_ccnew INVALID',
      'public.rooms_name',
    ]);
    expect(await probe(script)).toBe('not_done');
  });

  it('of an index that is half dropped is sent again', async () => {
    await other.query('CREATE INDEX rooms_name ON rooms (name)');
    await invalidate('rooms_name');
    await performPart(await stepOf('SELECT 1; DROP INDEX CONCURRENTLY rooms_name;'), 1, true);
    expect(await indexes()).toEqual([]);
  });
});
