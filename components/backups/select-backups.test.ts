import { describe, expect, it } from 'vitest';
import type { BackupLine } from '@/lib/core/backup-views';
import { canBeRestored, isBusy, newestOf, selectBackups, targetsOf } from './select-backups';
import { backupLine } from './testing/backup-line-fixture';
import { testRestoreFixture } from './testing/test-restore-fixture';

const pruned = { at: '2026-11-22T03:00:00.000Z', reason: 'It is older than 7 days.' };
const lines: BackupLine[] = [
  backupLine({ label: 'B-0004', state: 'failed', snapshotAt: null }),
  backupLine({ label: 'B-0003', target: 'agentim-staging' }),
  backupLine({ label: 'B-0002' }),
  backupLine({ label: 'B-0001', pruned }),
];
const labels = (found: readonly BackupLine[]) => found.map(({ label }) => label);

describe('the filter', () => {
  it.each([
    ['kept', null, ['B-0004', 'B-0003', 'B-0002']],
    ['pruned', null, ['B-0001']],
    ['all', null, ['B-0004', 'B-0003', 'B-0002', 'B-0001']],
    ['kept', 'agentim-staging', ['B-0003']],
    ['pruned', 'agentim-staging', []],
  ] as const)('%s of %s', (show, target, expected) => {
    expect(labels(selectBackups(lines, { show, target }))).toEqual(expected);
  });

  it('offers targets that have left the configuration', () => {
    const gone = backupLine({ target: 'old-shop', environment: null });
    const configured = [
      { name: 'workshop', environment: 'development' },
      { name: 'agentim-production', environment: 'production' },
    ].map((one) => ({
      ...one,
      environment: one.environment as 'production',
      methods: ['pg_dump' as const],
      level: 'read' as const,
      secondPerson: true,
      take: { allowed: true },
      attest: { allowed: false },
    }));
    expect(targetsOf([...lines, gone], configured)).toEqual([
      'workshop',
      'agentim-production',
      'agentim-staging',
      'old-shop',
    ]);
  });
});

describe('the backup to bring a target back from', () => {
  it('is confirmed, has its bytes, and is of that target', () => {
    expect(newestOf(lines, 'agentim-production')?.label).toBe('B-0002');
    expect(newestOf(lines, 'workshop')).toBeUndefined();
    const alone = backupLine({ target: 'workshop', method: 'attested', toBeConfirmed: true });
    expect(newestOf([alone], 'workshop')).toBeUndefined();
  });

  it('is the one with the newest data, not the one that was written down last', () => {
    const vouched = backupLine({
      label: 'B-0009',
      method: 'attested',
      snapshotAt: '2026-11-21T02:00:00.000Z',
    });
    expect(newestOf([vouched, ...lines], 'agentim-production')?.label).toBe('B-0002');
  });
});

it('is busy while it is taken or tested', () => {
  expect(isBusy(backupLine({ state: 'queued' }))).toBe(true);
  expect(isBusy(backupLine({ testRestore: testRestoreFixture({ state: 'running' }) }))).toBe(true);
  expect(isBusy(backupLine({ testRestore: testRestoreFixture() }))).toBe(false);
});

it('can be restored where Backstep made it, has its bytes, and knows its target', () => {
  expect(canBeRestored(backupLine())).toBe(true);
  for (const not of [
    { state: 'failed' },
    { state: 'running' },
    { pruned },
    { method: 'attested' },
    { method: 'command' },
    { environment: null },
  ] as const)
    expect(canBeRestored(backupLine(not))).toBe(false);
});
