import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanStep } from '@/lib/core/plan';
import { DEFAULT_POLICY, type RescuePolicy } from '@/lib/core/policy';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { StepUndoneError, undoStep } from '@/lib/undo';
import { rescueRehearsal } from './rehearse-rescue';

let database: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query(`
    CREATE SCHEMA drizzle;
    CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
    INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('aaa', 1000);
    CREATE TABLE rooms (id int PRIMARY KEY, topic text);
    INSERT INTO rooms SELECT n, repeat('x', 100) FROM generate_series(1, 50) n;
  `);
});

afterEach(async () => {
  await client.end();
  await database.drop();
});

const ROW = { id: 1, hash: 'aaa', createdAt: '1000' };
const STEP: PlanStep = {
  position: 0,
  tag: '0001_rooms',
  number: '0001',
  upHash: 'aaa',
  row: ROW,
  rollbackFile: '0001_rollback.sql',
  pairedBy: 'number',
  rollbackSha256: '',
  rollbackSql: '',
  unwrapped: false,
  statements: [
    {
      index: 0,
      text: 'ALTER TABLE rooms DROP COLUMN topic',
      line: 7,
      kind: 'AlterTableStmt',
      transactional: true,
      hazards: [],
    },
  ],
};

/** @param maxMb 0 lets no copy through */
async function rehearse(rescue: RescuePolicy, maxMb: number): Promise<string[] | undefined> {
  const copies = rescueRehearsal(STEP, 'RB-0001', {
    ...DEFAULT_POLICY,
    rescue,
    rescue_max_mb: maxMb,
  });
  await undoStep(client, {
    step: STEP,
    tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
    expectedRows: [ROW],
    settings: { lockTimeoutMs: 1_000, statementTimeoutMs: 5_000, searchPath: 'public' },
    fence: null,
    hooks: copies ? { beforeStatement: copies.beforeStatement } : {},
  });
  return copies?.remarks;
}

async function copied(): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'backstep_rescue'",
  );
  return rows[0]?.n ?? -1;
}

async function hasTopic(): Promise<boolean> {
  const { rowCount } = await client.query(
    "SELECT FROM information_schema.columns WHERE table_name = 'rooms' AND column_name = 'topic'",
  );
  return rowCount === 1;
}

describe('rescue copies in a rehearsal', () => {
  it('are made as the run makes them', async () => {
    expect(await rehearse('ask', 64)).toEqual([]);
    expect(await copied()).toBe(1);
    expect(await hasTopic()).toBe(false);
  });

  it('are none where the policy keeps none', async () => {
    expect(await rehearse('off', 64)).toBeUndefined();
    expect(await copied()).toBe(0);
  });

  it('that can’t be made are remarked on where a person decides', async () => {
    expect(await rehearse('ask', 0)).toEqual([
      expect.stringMatching(
        /^0001_rollback\.sql, line 7: no rescue copy can be made .*Run without rescue copies\.$/,
      ),
    ]);
    expect(await copied()).toBe(0);
    expect(await hasTopic()).toBe(false);
  });

  it('that can’t be made fail the step where the policy always wants them', async () => {
    await expect(rehearse('always', 0)).rejects.toThrow(StepUndoneError);
    expect(await hasTopic()).toBe(true);
  });
});
