import { describe, expect, it } from 'vitest';
import type { Probe } from '@/lib/core/statement';
import { parseScript } from '.';

const TRACKING = { schema: 'drizzle', table: '__drizzle_migrations' };

async function probeOf(sql: string): Promise<Probe | undefined> {
  const parsed = await parseScript(Buffer.from(sql), { tracking: TRACKING });
  if (!parsed.ok) throw new Error(parsed.refusals[0]?.message);
  const [statement] = parsed.statements;
  expect(statement?.transactional).toBe(false);
  expect(statement?.hazards.map(({ code }) => code)).toContain('not_transactional');
  return statement?.probe;
}

describe('a statement that runs alone', () => {
  it.each<[string, Probe]>([
    [
      'CREATE INDEX CONCURRENTLY i ON app."Orders" (note)',
      {
        kind: 'create_index',
        index: { name: 'i' },
        table: { schema: 'app', name: 'Orders' },
        ifNotExists: false,
      },
    ],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (note)',
      { kind: 'create_index', index: { name: 'i' }, table: { name: 'orders' }, ifNotExists: true },
    ],
    [
      'DROP INDEX CONCURRENTLY IF EXISTS app.i',
      { kind: 'drop_index', index: { schema: 'app', name: 'i' }, ifExists: true },
    ],
    ['DROP INDEX CONCURRENTLY i', { kind: 'drop_index', index: { name: 'i' }, ifExists: false }],
    [
      'ALTER TABLE logs DETACH PARTITION old.logs_1 CONCURRENTLY',
      {
        kind: 'detach_partition',
        parent: { name: 'logs' },
        partition: { schema: 'old', name: 'logs_1' },
      },
    ],
    ['VACUUM orders', { kind: 'repeatable' }],
    ['REINDEX INDEX CONCURRENTLY i', { kind: 'reindex', index: { name: 'i' } }],
    [
      'REINDEX (CONCURRENTLY) TABLE app.orders',
      { kind: 'reindex', table: { schema: 'app', name: 'orders' } },
    ],
    ['REINDEX SCHEMA CONCURRENTLY app', { kind: 'reindex', schema: 'app' }],
    ['REINDEX DATABASE CONCURRENTLY shop', { kind: 'reindex' }],
    ['REINDEX SCHEMA app', { kind: 'repeatable' }],
  ])('%s: the catalog tells whether it is done', async (sql, probe) => {
    expect(await probeOf(sql)).toEqual(probe);
  });

  it.each([
    'CREATE INDEX CONCURRENTLY ON orders (note)',
    'DROP INDEX CONCURRENTLY a, b',
    'DROP INDEX CONCURRENTLY other.app.i',
    'REINDEX SYSTEM shop',
  ])('%s: nothing would tell', async (sql) => {
    expect(await probeOf(sql)).toBeUndefined();
  });
});
