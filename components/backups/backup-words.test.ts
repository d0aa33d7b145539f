import { describe, expect, it } from 'vitest';
import type { TestRestore } from '@/lib/core/backup';
import {
  backupPolicyWords,
  type LookedAt,
  methodWords,
  progressShare,
  progressWords,
  proofLook,
} from './backup-words';
import { restoredCheck, testRestoreFixture } from './testing/test-restore-fixture';

const backup = (over: Partial<LookedAt> = {}): LookedAt => ({
  state: 'passed',
  level: 'read',
  levelWanted: 'read',
  toBeConfirmed: false,
  pruned: false,
  testRestore: null,
  ...over,
});
const test = (over: Partial<TestRestore>): Partial<LookedAt> => ({
  testRestore: testRestoreFixture(over),
});

describe('the chip of a backup', () => {
  it.each([
    ['one that waits', { state: 'queued', level: null }, 'accent', 'Waiting for the executor'],
    ['one under way', { state: 'running', level: null }, 'accent', 'Being taken'],
    ['a failure', { state: 'failed', level: null }, 'danger', 'Not confirmed'],
    ['an interrupted one', { state: 'interrupted', level: null }, 'warn', 'Interrupted'],
    [
      'a pruned one, whatever it had reached',
      { pruned: true, level: 'restored' },
      'neutral',
      'Pruned',
    ],
    ['as much as is wanted', {}, 'ok', 'Read in full'],
    ['less than is wanted', { levelWanted: 'restored' }, 'warn', 'Read in full'],
    ['no policy to compare with', { levelWanted: null }, 'ok', 'Read in full'],
    ['the most', { level: 'restored', levelWanted: 'restored' }, 'ok', 'Restored and verified'],
    ['a word that is enough', { level: 'vouched', levelWanted: 'vouched' }, 'info', 'Vouched for'],
    ['a word that is not enough', { level: 'vouched' }, 'warn', 'Vouched for'],
    [
      'a word that nobody has seconded',
      { level: 'vouched', toBeConfirmed: true },
      'warn',
      'To be confirmed',
    ],
    ['a test that goes on', test({ state: 'running', check: null }), 'accent', 'Being restored'],
    ['a test that waits', test({ state: 'queued', check: null }), 'accent', 'Waits for its test'],
    ['a restore that failed', test({ state: 'failed', check: null }), 'danger', 'Not restored'],
    [
      'rows that are not there',
      test({ state: 'failed', check: restoredCheck({ ok: false }) }),
      'danger',
      'Not what its manifest says',
    ],
    // The backup is as good as its manifest says; that a plan fails on it is the plan's fault.
    [
      'a plan that fails on it',
      { ...test({ state: 'failed', check: restoredCheck() }), level: 'restored' },
      'ok',
      'Restored and verified',
    ],
    [
      'a test that was interrupted',
      test({ state: 'interrupted', check: null }),
      'ok',
      'Read in full',
    ],
  ] as const)('of %s', (_name, over, tone, word) => {
    expect(proofLook(backup(over as Partial<LookedAt>))).toMatchObject({ tone, word });
  });
});

describe('progress', () => {
  const dumping = {
    phase: 'Dumping',
    bytes: 432_013_312,
    tablesDone: 12,
    tablesTotal: 61,
    bytesPerSecond: 25_270_681,
    secondsLeft: 95,
  };

  it('tells tables of all, bytes, rate and time left', () => {
    expect(progressWords(dumping)).toEqual({
      done: 'Dumping, 412 MB written',
      tables: '12 of 61 tables',
      pace: '24.1 MB/s, ≈ 1 min 35 s left',
    });
    expect(progressShare(dumping)).toBeCloseTo(12 / 61);
  });

  it('leaves out what nobody knows', () => {
    const early = { phase: 'Waiting for locks', bytes: 0, tablesDone: 0, tablesTotal: 0 };
    expect(progressWords(early)).toEqual({ done: 'Waiting for locks', tables: null, pace: null });
    expect(progressShare(early)).toBeUndefined();
    expect(progressShare(null)).toBeUndefined();
  });

  it('shows no full bar while the files are still read back', () => {
    const reading = { ...dumping, phase: 'Reading back', tablesDone: 61, secondsLeft: 0 };
    expect(progressShare(reading)).toBeUndefined();
    expect(progressWords(reading).pace).toBe('24.1 MB/s, ≈ 0 s left');
  });
});

describe('a policy in words', () => {
  const policy = {
    methods: ['pg_dump' as const],
    command: null,
    command_timeout_minutes: 60,
    second_person: true,
  };
  it.each([
    ['vouched', 'that a person or a command vouches for'],
    ['read', 'that has been read in full'],
    ['restored', 'that has been restored, with this plan rehearsed on it'],
  ] as const)('says the level %s', (level, words) => {
    expect(backupPolicyWords({ ...policy, level }, 60)).toBe(
      `The policy accepts one confirmed backup ${words}, and that is at most 60 min old when the run starts.`,
    );
  });

  it('says that one’s word alone is not enough, or is', () => {
    expect(methodWords('attested', { second_person: true }).note).toBe('Needs a second person');
    expect(methodWords('attested', { second_person: false }).note).toBe(
      'Rests on one’s word alone',
    );
  });
});
