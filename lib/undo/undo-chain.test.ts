import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrackingRow } from '@/lib/core/migration';
import type { PlanStep } from '@/lib/core/plan';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { type ChainInput, StepUndoneError, undoChain } from '.';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };
const ROWS: TrackingRow[] = [1, 2, 3].map((id) => ({
  id,
  hash: `h${id}`,
  createdAt: String(id * 1_000),
}));

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
    INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('h1', 1000), ('h2', 2000), ('h3', 3000);
    CREATE TABLE two (id int);
    CREATE TABLE three (id int);
  `);
});

afterEach(async () => {
  await Promise.allSettled([client.end(), other.end()]);
  await database.drop();
});

function stepOf(position: number, ...statements: string[]): PlanStep {
  const row = ROWS[2 - position];
  if (!row) throw new Error('there is no such row');
  return {
    position,
    tag: `000${row.id}`,
    number: `000${row.id}`,
    upHash: row.hash,
    row,
    rollbackFile: `000${row.id}_rollback.sql`,
    pairedBy: 'number',
    rollbackSha256: '',
    rollbackSql: '',
    unwrapped: false,
    statements: statements.map((text, index) => ({
      index,
      text,
      line: index + 1,
      kind: /^set/i.test(text) ? 'VariableSetStmt' : 'Stmt',
      transactional: true,
      hazards: [],
    })),
  };
}

const chainOf = (steps: PlanStep[], more: Partial<ChainInput> = {}): ChainInput => ({
  steps,
  tracking: TRACKING,
  expectedRows: ROWS,
  settings: { lockTimeoutMs: 300, statementTimeoutMs: 5_000, searchPath: 'public' },
  fence: { rollback: 'RB-0001', head: '0001' },
  ...more,
});

const GOOD = () => [stepOf(0, 'DROP TABLE three'), stepOf(1, 'DROP TABLE two')];

async function state(): Promise<unknown> {
  const { rows } = await other.query(`
    SELECT to_regclass('two') IS NOT NULL AS two, to_regclass('three') IS NOT NULL AS three,
           (SELECT count(*)::int FROM drizzle.__drizzle_migrations) AS rows,
           (SELECT count(*)::int FROM pg_trigger WHERE tgname = 'backstep_fence') AS fences`);
  return rows[0];
}

const UNTOUCHED = { two: true, three: true, rows: 3, fences: 0 };

async function undone(input: ChainInput): Promise<StepUndoneError> {
  const fault = await undoChain(client, input).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(fault).toBeInstanceOf(StepUndoneError);
  expect(await state()).toEqual(UNTOUCHED);
  return fault as StepUndoneError;
}

describe('a chain in one transaction', () => {
  it('is seen by others all at once', async () => {
    const seen: unknown[] = [];
    const { xid, steps } = await undoChain(
      client,
      chainOf(GOOD(), {
        stepReady: async () => void seen.push(await state()),
        beforeCommit: async () => void seen.push(await state()),
      }),
    );
    expect(seen).toEqual([UNTOUCHED, UNTOUCHED, UNTOUCHED]);
    expect(xid).toMatch(/^\d+$/);
    expect(steps.map(({ position }) => position)).toEqual([0, 1]);
    expect(await state()).toEqual({ two: false, three: false, rows: 1, fences: 1 });
  });

  it('keeps settings of one script from the next', async () => {
    await undoChain(
      client,
      chainOf([
        stepOf(0, 'SET search_path = pg_catalog', 'DROP TABLE public.three'),
        stepOf(1, 'DROP TABLE two'),
      ]),
    );
    expect(await state()).toMatchObject({ two: false, three: false });
  });

  it('undoes all of it for a statement that fails, and names its step', async () => {
    const fault = await undone(
      chainOf([stepOf(0, 'DROP TABLE three'), stepOf(1, 'SELECT 1', 'DROP TABLE nowhere')]),
    );
    expect(fault).toMatchObject({
      position: 1,
      retryable: false,
      error: { sqlstate: '42P01', statementIndex: 1 },
    });
  });

  it('undoes all of it when a step is not as it should be', async () => {
    const fault = await undone(
      chainOf(GOOD(), {
        stepReady: async ({ position }) => {
          if (position === 1) throw new Error('another schema');
        },
      }),
    );
    expect(fault).toMatchObject({ position: 1, message: 'another schema' });
  });

  it('undoes all of it when it may not be recorded', async () => {
    await undone(
      chainOf(GOOD(), { beforeCommit: () => Promise.reject(new Error('the record is away')) }),
    );
  });

  it('may be tried again after a lock', async () => {
    await other.query('BEGIN; LOCK TABLE two IN ACCESS SHARE MODE');
    const fault = undoChain(client, chainOf(GOOD())).catch((cause: unknown) => cause);
    expect(await fault).toMatchObject({
      retryable: true,
      position: 1,
      error: { sqlstate: '55P03' },
    });
    await other.query('COMMIT');
    expect(await state()).toEqual(UNTOUCHED);
  });

  it('takes no step with a statement that runs alone', async () => {
    const alone = stepOf(1, 'VACUUM two');
    alone.statements = alone.statements.map((one) => ({ ...one, transactional: false }));
    const fault = await undone(chainOf([stepOf(0, 'DROP TABLE three'), alone]));
    expect(fault.message).toMatch(/can't be part of one transaction/);
  });
});
