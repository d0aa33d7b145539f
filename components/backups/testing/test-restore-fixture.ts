import type { BackupRehearsal, RestoredCheck, TestRestore } from '@/lib/core/backup';

const NOW = Date.parse('2026-11-22T02:16:38.000Z');
const agoIso = (ms: number): string => new Date(NOW - ms).toISOString();
const FINGERPRINT = 'c'.repeat(64);

export const restoredCheck = (over: Partial<RestoredCheck> = {}): RestoredCheck => ({
  ok: true,
  message: 'All 61 tables have the rows that the manifest says, and the schema is equal.',
  restoreMs: 26_800,
  verifyMs: 1_900,
  bytes: 2_254_857_830,
  tables: 61,
  rows: 4_118_730,
  mismatches: [],
  fingerprint: { expected: FINGERPRINT, found: FINGERPRINT },
  invalid: [],
  remarks: [],
  ...over,
});

/** @param over.digest of the plan that was rehearsed */
export const backupRehearsal = (over: Partial<BackupRehearsal> = {}): BackupRehearsal => ({
  rollback: 'RB-0017',
  digest: 'd'.repeat(64),
  ok: true,
  message: 'All 2 steps passed.',
  totalMs: 8_100,
  steps: [
    {
      position: 0,
      tag: '0035_fix',
      durationMs: 6_000,
      statements: [
        { index: 0, durationMs: 5_900, rows: 8_911, locks: ['ROW EXCLUSIVE on public.rooms'] },
        { index: 1, durationMs: 90, rows: null, locks: ['ACCESS EXCLUSIVE on public.rooms'] },
      ],
      changes: [],
      fingerprintAfter: 'a'.repeat(64),
    },
    {
      position: 1,
      tag: '0034_index',
      durationMs: 2_100,
      statements: [{ index: 0, durationMs: 2_100, rows: null }],
      changes: [],
      fingerprintAfter: 'b'.repeat(64),
    },
  ],
  fingerprint: { expected: 'b'.repeat(64), found: 'b'.repeat(64) },
  ...over,
});

export const testRestoreFixture = (over: Partial<TestRestore> = {}): TestRestore => ({
  id: 3,
  backupId: 21,
  rollback: null,
  state: 'passed',
  queuedAt: agoIso(300_000),
  startedAt: agoIso(299_000),
  finishedAt: agoIso(240_000),
  progress: null,
  check: restoredCheck(),
  rehearsal: null,
  error: null,
  ...over,
});
