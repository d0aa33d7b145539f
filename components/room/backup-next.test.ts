import { describe, expect, it } from 'vitest';
import {
  backupRehearsal,
  restoredCheck,
  testRestoreFixture,
} from '@/components/backups/testing/test-restore-fixture';
import type { TestRestore } from '@/lib/core/backup';
import { DEFAULT_BACKUP_POLICY } from '@/lib/core/backup';
import { backupNext } from './backup-next';
import { planDock } from './dock-plan';
import {
  agoIso,
  approvalFixture,
  backupFixture,
  jonas,
  MINUTE,
  maya,
  type RoomOver,
  roomFixture,
  runFixture,
  stepsFixture,
} from './testing/room-fixture';

const { digest } = roomFixture();
const restored = { backup: { ...DEFAULT_BACKUP_POLICY, level: 'restored' as const } };
const vouching = {
  backup: {
    ...DEFAULT_BACKUP_POLICY,
    methods: ['attested' as const, 'pg_dump' as const],
    level: 'vouched' as const,
  },
};
const tested = (over: Partial<TestRestore>): RoomOver => ({
  policy: restored,
  backup: backupFixture({ testRestore: testRestoreFixture({ rollback: 'RB-0017', ...over }) }),
});
const vouched = (confirmedBy: { id: string; name: string } | null): RoomOver => ({
  policy: vouching,
  backup: backupFixture({
    method: 'attested',
    level: 'vouched',
    attestation: {
      provider: 'AWS RDS',
      reference: 'rds:prod',
      takenAt: agoIso(10 * MINUTE),
      link: null,
      confirmedBy,
      confirmedAt: confirmedBy && agoIso(MINUTE),
    },
  }),
});
const well = backupRehearsal({ digest });
const failing = backupRehearsal({ digest, ok: false });

describe('what a backup needs of somebody', () => {
  const cases: [string, RoomOver, ReturnType<typeof backupNext>][] = [
    ['none yet', { backup: null }, 'take'],
    ['one under way', { backup: backupFixture({ state: 'running' }) }, null],
    ['one that failed', { backup: backupFixture({ state: 'failed' }) }, 'take'],
    ['one that was cancelled', { backup: backupFixture({ state: 'interrupted' }) }, 'take'],
    ['a good one', {}, null],
    ['a pruned one', { backup: backupFixture({ prunedAt: agoIso(0) }) }, 'take'],
    ['an old one', { backup: backupFixture({ snapshotAt: agoIso(90 * MINUTE) }) }, 'take'],
    ['one that is to be restored', { policy: restored }, 'test'],
    ['one that is being restored', tested({ state: 'running', check: null }), null],
    ['one whose test was interrupted', tested({ state: 'interrupted', check: null }), 'test'],
    ['one that could not be restored', tested({ state: 'failed', check: null }), 'test'],
    [
      'one that is not what it says',
      tested({ state: 'failed', check: restoredCheck({ ok: false }) }),
      'take',
    ],
    ['one that was restored without the plan', tested({}), 'test'],
    ['one on which another plan ran', tested({ rehearsal: backupRehearsal() }), 'test'],
    ['one on which the plan fails', tested({ state: 'failed', rehearsal: failing }), 'mend'],
    ['one on which the plan passes', tested({ rehearsal: well }), null],
    ['what one person vouches for', vouched(null), 'confirm'],
    ['what two vouch for', vouched({ id: jonas.id, name: jonas.name }), null],
  ];
  it.each(cases)('%s', (_name, over, expected) => {
    expect(backupNext(roomFixture(over))).toBe(expected);
  });
});

describe('the dock follows it', () => {
  const labels = (over: RoomOver, actor = maya, viewed: 'backup' | 'plan' = 'backup') =>
    planDock(roomFixture(over, actor), actor.id, viewed).buttons.map(({ label }) => label);

  it('offers the test restore', () => {
    expect(labels({ policy: restored })).toEqual(['Restore to test it']);
    expect(labels(tested({ state: 'running', check: null }))).toEqual(['Request approval']);
  });

  it('offers to mend the script that fails on real data, and to try again', () => {
    expect(labels(tested({ state: 'failed', rehearsal: failing }))).toEqual([
      'Restore to test it',
      'Pin the plan again',
    ]);
  });

  it('waits for a second person, who is led to what they confirm', () => {
    expect(planDock(roomFixture(vouched(null)), maya.id, 'backup')).toMatchObject({
      title: 'Waiting for a second person.',
      buttons: [],
    });
    expect(labels(vouched(null), jonas)).toEqual(['Confirm backup']);
    expect(labels(vouched(null), jonas, 'plan')).toEqual(['See what is vouched for']);
  });

  it('takes a backup in the way that was chosen', () => {
    const room = roomFixture({ policy: vouching, backup: null });
    const chosen = (method?: 'pg_dump' | 'attested') =>
      planDock(room, maya.id, 'backup', method).buttons.map((button) =>
        button.kind === 'action' ? [button.action, button.label] : [],
      );
    expect(chosen()).toEqual([['attest_backup', 'Vouch for a backup']]);
    expect(chosen('pg_dump')).toEqual([['take_backup', 'Take backup']]);
  });

  it('asks for it again after a stop', () => {
    const stopped: RoomOver = {
      status: 'stopped',
      outcome: 'stopped_clean',
      approvals: [approvalFixture()],
      run: runFixture({ state: 'finished' }),
      steps: stepsFixture(['committed']),
    };
    expect(labels({ ...stopped, policy: restored })).toEqual(['Resume', 'Restore to test it']);
  });
});
