import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import {
  auditOf,
  EXECUTOR,
  eventsOf,
  planBackup,
  queueBackup,
  systemCtx,
} from './backup.test-setup';
import {
  type BackupEnding,
  type ClaimedBackup,
  claimBackup,
  finishBackup,
  isFinishedAs,
  recordProgress,
} from './backup-record';

const FAILED: BackupEnding = {
  state: 'failed',
  location: '/somewhere/B-0001.quarantined',
  checks: [],
  message: 'The disk is full.',
};

let planned: PlannedRollback;
let claim: ClaimedBackup;
beforeEach(async () => {
  planned = await planBackup();
  const found = await claimBackup(systemCtx(planned), await queueBackup(planned), EXECUTOR);
  if (!found) throw new Error('the backup was not claimed');
  claim = found;
});
afterEach(() => planned.close());

describe('the record of a backup', () => {
  it('is finished once, and tells a lost answer from somebody else’s ending', async () => {
    const ctx = systemCtx(planned);
    expect(await isFinishedAs(ctx, claim, FAILED)).toBe(false);
    expect(await finishBackup(ctx, claim, FAILED)).toBe(true);
    expect(await finishBackup(ctx, claim, FAILED)).toBe(false);
    expect(await isFinishedAs(ctx, claim, FAILED)).toBe(true);
    expect(await isFinishedAs(ctx, claim, { ...FAILED, state: 'interrupted' })).toBe(false);
    expect(await isFinishedAs(ctx, claim, { ...FAILED, location: null })).toBe(false);
    expect(await eventsOf(planned, 'backup.finished')).toHaveLength(1);
    expect(await auditOf(planned)).toHaveLength(2);
  });

  it('takes nothing from an executor that does not hold it', async () => {
    const ctx = systemCtx(planned);
    const other = { ...claim, executorId: '00000000-0000-4000-8000-000000000002' };
    const progress = { phase: 'Dumping', bytes: 1, tablesDone: 0, tablesTotal: 1 };
    expect(await recordProgress(ctx, other, progress)).toBe(false);
    expect(await finishBackup(ctx, other, FAILED)).toBe(false);
    expect(await recordProgress(ctx, claim, progress)).toBe(true);
    expect(await eventsOf(planned, 'backup.progress')).toHaveLength(1);
  });
});
