import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrackingRow } from '@/lib/core/migration';
import type { PlanStep } from '@/lib/core/plan';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { SessionLostError, StepUndoneError, type UndoInput, undoStep } from '.';

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
    CREATE TABLE rooms (id int PRIMARY KEY, name text, topic text);
    INSERT INTO rooms SELECT n, 'room ' || n, 'topic' FROM generate_series(1, 3) n;
  `);
});

afterEach(async () => {
  client.on('error', () => {});
  await Promise.allSettled([client.end(), other.end()]);
  await database.drop();
});

function stepOf(...statements: string[]): PlanStep {
  return {
    position: 0,
    tag: '0001_add_topic',
    number: '0001',
    upHash: 'bbb',
    row: ROWS[1] as TrackingRow,
    rollbackFile: '0001_rollback.sql',
    pairedBy: 'number',
    rollbackSha256: '',
    rollbackSql: statements.join(';\n'),
    unwrapped: false,
    statements: statements.map((text, index) => ({
      index,
      text,
      line: index + 1,
      kind: 'Stmt',
      transactional: true,
      hazards: [],
    })),
  };
}

function inputFor(step: PlanStep, more: Partial<UndoInput> = {}): UndoInput {
  return {
    step,
    tracking: TRACKING,
    expectedRows: ROWS,
    settings: { lockTimeoutMs: 300, statementTimeoutMs: 5_000, searchPath: 'public' },
    fence: null,
    ...more,
  };
}

async function columns(): Promise<string[]> {
  const { rows } = await other.query<{ column_name: string }>(
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'rooms' ORDER BY 1",
  );
  return rows.map((row) => row.column_name);
}

async function trackingIds(): Promise<number[]> {
  const { rows } = await other.query<{ id: number }>(
    'SELECT id FROM drizzle.__drizzle_migrations ORDER BY id',
  );
  return rows.map((row) => row.id);
}

async function undone(input: UndoInput): Promise<StepUndoneError> {
  const fault = await undoStep(client, input).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(fault).toBeInstanceOf(StepUndoneError);
  return fault as StepUndoneError;
}

/** The oracle of a step that failed: schema, rows and fence as before. */
async function expectUnchanged(): Promise<void> {
  expect(await columns()).toEqual(['id', 'name', 'topic']);
  expect(await trackingIds()).toEqual([1, 2]);
  const fences = await other.query("SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'");
  expect(fences.rowCount).toBe(0);
}

/** A statement that fails unless the setting has this value. */
const expecting = (name: string, value: string) =>
  `DO $$ BEGIN
     IF current_setting('${name}') <> '${value}' THEN
       RAISE EXCEPTION '${name} is %', current_setting('${name}');
     END IF;
   END $$`;

describe('timeouts', () => {
  it('are tightened by a script, and never loosened', async () => {
    await undoStep(
      client,
      inputFor(
        stepOf(
          "SET LOCAL lock_timeout = '100ms'",
          expecting('lock_timeout', '100ms'),
          "SET LOCAL lock_timeout = '2s'",
          expecting('lock_timeout', '300ms'),
          "SELECT set_config('statement_timeout', '0', true)",
          expecting('statement_timeout', '5s'),
          'ALTER TABLE rooms DROP COLUMN topic',
        ),
      ),
    );
    expect(await columns()).toEqual(['id', 'name']);
  });
});

describe('a step', () => {
  it('runs the script, removes its tracking row and tells both', async () => {
    const heard: string[] = [];
    const result = await undoStep(
      client,
      inputFor(stepOf('UPDATE rooms SET topic = NULL', 'ALTER TABLE rooms DROP COLUMN topic'), {
        hooks: {
          statementStarted: (index) => heard.push(`start ${index}`),
          statementFinished: (index, _ms, rows) => heard.push(`end ${index} ${rows}`),
          trackingRemoved: (row, byScript) => heard.push(`row ${row.id} ${byScript}`),
          beforeCommit: async (xid) => void heard.push(`xid ${/^\d+$/.test(xid)}`),
        },
      }),
    );
    expect(heard).toEqual([
      'start 0',
      'end 0 3',
      'start 1',
      'end 1 null',
      'row 2 false',
      'xid true',
    ]);
    expect(await columns()).toEqual(['id', 'name']);
    expect(await trackingIds()).toEqual([1]);
    const status = await other.query('SELECT txid_status($1::bigint) AS s', [result.xid]);
    expect(status.rows[0]).toEqual({ s: 'committed' });
  });

  it('puts up the fence, which refuses new tracking rows and nothing else', async () => {
    await undoStep(
      client,
      inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic'), {
        fence: { rollback: 'RB-0007', head: "0000_it's_fine" },
      }),
    );
    await expect(
      other.query("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('c', 3000)"),
    ).rejects.toThrow(/RB-0007 took this database back to 0000_it's_fine/);
    await other.query('SELECT * FROM drizzle.__drizzle_migrations');
    expect(await trackingIds()).toEqual([1]);
  });

  it('accepts that the script removes its own tracking row', async () => {
    const heard: boolean[] = [];
    await undoStep(
      client,
      inputFor(
        stepOf(
          'ALTER TABLE rooms DROP COLUMN topic',
          "DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'bbb'",
        ),
        { hooks: { trackingRemoved: (_row, byScript) => heard.push(byScript) } },
      ),
    );
    expect(heard).toEqual([true]);
    expect(await trackingIds()).toEqual([1]);
  });

  it('leaves nothing in the session that the next script could take for its own', async () => {
    await undoStep(
      client,
      inputFor(
        stepOf(
          'CREATE TEMPORARY TABLE rooms (fake int)',
          'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
          'PREPARE p AS SELECT 1',
          'LISTEN somebody',
        ),
      ),
    );
    const { rows } = await client.query(`
      SELECT to_regclass('rooms') = 'public.rooms'::regclass AS real,
             (SELECT count(*)::int FROM pg_cursors WHERE name = 'c') AS cursors,
             (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
             (SELECT count(*)::int FROM pg_listening_channels()) AS channels`);
    expect(rows).toEqual([{ real: true, cursors: 0, prepared: 0, channels: 0 }]);
  });

  it('keeps no rows that a statement returns', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().heapUsed;
    let after = Number.POSITIVE_INFINITY;
    await undoStep(
      client,
      inputFor(stepOf("SELECT n, repeat('x', 500) FROM generate_series(1, 100000) n"), {
        hooks: {
          statementFinished: (_index, _ms, rows) => {
            expect(rows).toBe(100_000);
            collect();
            after = process.memoryUsage().heapUsed;
          },
        },
      }),
    );
    expect(after - before).toBeLessThan(20_000_000);
  });

  it('puts settings back that the script has left behind', async () => {
    const names: string[] = [];
    await undoStep(
      client,
      inputFor(stepOf("SET timezone = 'Asia/Tokyo'", "SET search_path = 'pg_catalog'"), {
        hooks: { settingsReset: (leaked) => names.push(...leaked) },
      }),
    );
    expect(names).toEqual(['TimeZone', 'search_path']);
    const zone = await client.query("SELECT current_setting('timezone') AS tz");
    expect(zone.rows[0]).not.toEqual({ tz: 'Asia/Tokyo' });
  });
});

describe('a setting of the application', () => {
  it('is not there for the next script, though no catalog lists it', async () => {
    await client.query("SET idle_in_transaction_session_timeout = '7s'");
    await undoStep(client, inputFor(stepOf("SET app.tenant = 'acme'")));
    const { rows } = await client.query(`
      SELECT coalesce(current_setting('app.tenant', true), '') AS tenant,
             current_setting('idle_in_transaction_session_timeout') AS idle,
             current_setting('lock_timeout') AS lock`);
    expect(rows).toEqual([{ tenant: '', idle: '7s', lock: '0' }]);
  });
});

describe('a step that must not happen', () => {
  it.each([
    [
      'a failing statement',
      ['ALTER TABLE rooms DROP COLUMN topic', 'DROP TABLE nowhere'],
      '42P01',
      1,
    ],
    ['a second command hidden in one', ['SELECT 1; DROP TABLE rooms'], '42601', 0],
    [
      'COMMIT inside DO',
      ['ALTER TABLE rooms DROP COLUMN topic', 'DO $$ BEGIN COMMIT; END $$'],
      '2D000',
      1,
    ],
    [
      'another migration’s tracking row',
      ["DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'aaa'"],
      'BS000',
      undefined,
    ],
    [
      'a changed tracking row',
      ["UPDATE drizzle.__drizzle_migrations SET hash = 'x' WHERE id = 2"],
      'BS000',
      undefined,
    ],
  ])('%s undoes everything', async (_name, statements, sqlstate, index) => {
    const fault = await undone(
      inputFor(stepOf(...statements), { fence: { rollback: 'RB-0001', head: 'x' } }),
    );
    expect(fault.error.sqlstate).toBe(sqlstate);
    expect(fault.error.statementIndex).toBe(index);
    await expectUnchanged();
  });

  it('ends the transaction when a statement did', async () => {
    const fault = await undone(
      inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic', 'ROLLBACK', 'DROP TABLE rooms')),
    );
    expect(fault.error.message).toMatch(/ended the transaction/);
    await expectUnchanged();
  });

  it('notices that somebody migrated in between', async () => {
    await other.query(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('c', 3000)",
    );
    const fault = await undone(inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic')));
    expect(fault.error.message).toMatch(/somebody migrated in between/);
    expect(await columns()).toEqual(['id', 'name', 'topic']);
    expect(await trackingIds()).toEqual([1, 2, 3]);
  });

  it('notices it although the role reads from one snapshot, taken before the lock', async () => {
    await client.query("SET default_transaction_isolation = 'repeatable read'");
    await other.query('BEGIN');
    await other.query(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('c', 3000)",
    );
    const fault = undone(
      inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic'), {
        settings: { lockTimeoutMs: 30_000, statementTimeoutMs: 30_000, searchPath: 'public' },
      }),
    );
    const looker = await database.connect();
    await expect
      .poll(async () => (await looker.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount)
      .toBeGreaterThan(0);
    await looker.end();
    await other.query('COMMIT');
    expect((await fault).error.message).toMatch(/somebody migrated in between/);
    expect(await columns()).toEqual(['id', 'name', 'topic']);
  });

  it('is undone when it may not be recorded', async () => {
    const fault = await undone(
      inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic'), {
        fence: { rollback: 'RB-0001', head: 'x' },
        hooks: { beforeCommit: () => Promise.reject(new Error('the control database is away')) },
      }),
    );
    expect(fault.error.message).toBe('the control database is away');
    await expectUnchanged();
  });

  it('gives up a lock in time, and says that it may be tried again', async () => {
    await other.query('BEGIN');
    await other.query('LOCK TABLE rooms IN ACCESS SHARE MODE');
    const fault = await undone(inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic')));
    expect(fault.error.sqlstate).toBe('55P03');
    expect(fault.retryable).toBe(true);
    await other.query('COMMIT');
    await expectUnchanged();
  });

  it('does not let a booting application migrate under it', async () => {
    const booting = await database.connect();
    let waiting: Promise<unknown> | undefined;
    await undoStep(
      client,
      inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic'), {
        fence: { rollback: 'RB-0001', head: '0000_x' },
        hooks: {
          statementStarted: () => {
            waiting = booting
              .query(
                "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('c', 3000)",
              )
              .then(
                () => 'inserted',
                (cause: Error) => cause.message,
              );
          },
        },
      }),
    );
    expect(await waiting).toMatch(/Backstep fence/);
    await booting.end();
    expect(await trackingIds()).toEqual([1]);
  });
});

describe('a lost connection', () => {
  it('is told as lost before COMMIT when the session is ended in a statement', async () => {
    client.on('error', () => {});
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const fault = undoStep(
      client,
      inputFor(stepOf('ALTER TABLE rooms DROP COLUMN topic', 'SELECT pg_sleep(30)'), {
        hooks: {
          statementStarted: (index) => {
            if (index === 1) void other.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
          },
        },
      }),
    ).catch((cause: unknown) => cause);
    const lost = await fault;
    expect(lost).toBeInstanceOf(SessionLostError);
    expect((lost as SessionLostError).commitSent).toBe(false);
    await expectUnchanged();
  });
});
