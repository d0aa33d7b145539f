import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '@/lib/core/views';
import {
  byDay,
  countEvents,
  detailOf,
  eventNumber,
  outcomeOf,
  shortHash,
  wordsOf,
} from './event-look';

function entry(change: Partial<AuditEntry>): AuditEntry {
  return {
    seq: 1,
    at: '2026-11-22T02:14:41.208Z',
    actor: { id: 'backstep', name: 'Backstep', role: 'system' },
    action: 'run.start',
    subject: 'RB-0001',
    target: 'shop',
    outcome: 'done',
    payload: {},
    requestId: 'r',
    prevHash: '0',
    hash: '1',
    ...change,
  };
}

describe('how an event ended', () => {
  it('is what the run came to, for the end of a run', () => {
    const finish = entry({ action: 'run.finish', payload: { outcome: 'outcome_unknown' } });
    expect(outcomeOf(finish)).toEqual({ tone: 'unknown', word: 'Outcome unknown' });
  });

  it('is the recorded outcome when the run tells none that is known', () => {
    const finish = entry({
      action: 'run.finish',
      outcome: 'failed',
      payload: { outcome: 'later' },
    });
    expect(outcomeOf(finish)).toEqual({ tone: 'danger', word: 'Failed' });
  });

  it('is never read from the data of another act', () => {
    const start = entry({ outcome: 'refused', payload: { outcome: 'changed_verified' } });
    expect(outcomeOf(start)).toEqual({ tone: 'danger', word: 'Refused' });
  });
});

describe('what an event says beyond its words', () => {
  it('names the migration that was undone and the act that was refused', () => {
    expect(detailOf(entry({ action: 'run.step', payload: { migration: '0035_fix' } }))).toBe(
      '0035_fix',
    );
    expect(detailOf(entry({ action: 'action.refused', payload: { action: 'decide' } }))).toBe(
      'decide',
    );
    expect(detailOf(entry({ payload: { action: 'decide' } }))).toBeUndefined();
  });

  it('names the danger that somebody took on', () => {
    const acknowledged = entry({
      action: 'danger.acknowledge',
      payload: { danger: 'Drops table revoked_tokens', migration: '0033', line: 3 },
    });
    expect(detailOf(acknowledged)).toBe('Drops table revoked_tokens');
    expect(detailOf(entry({ action: 'target.check' }))).toBeUndefined();
  });

  it.each([
    [
      'whom a swap put out',
      'restore.end_sessions',
      { ended: 1_207, meanwhile: 2, sessions: [] },
      '1,207 sessions, 2 came in the middle',
    ],
    [
      'that nobody was',
      'restore.end_sessions',
      { ended: 0, meanwhile: 0, sessions: [{}] },
      'only its own',
    ],
    ['whom one put out alone', 'restore.end_sessions', { ended: 1, meanwhile: 0 }, '1 session'],
    [
      'what was asked to be swapped in, and lost',
      'restore.swap_request',
      { backup: 'B-0003', writesLost: 1 },
      'B-0003, 1 row change lost',
    ],
    [
      'which database has the name',
      'restore.settle',
      { inPlace: 'former' },
      'former database in place',
    ],
    [
      'which schemas have the names',
      'restore.swap',
      { inPlace: 'restored', way: 'in_place' },
      'restored schemas in place',
    ],
    ['what was dropped', 'restore.drop_former', { database: 'chat_before' }, 'chat_before'],
    [
      'which schemas were dropped',
      'restore.drop_former',
      { schemas: ['app_before', 'drizzle_before'] },
      'app_before, drizzle_before',
    ],
    ['when it was given up', 'restore.cancel', { while: 'awaiting_approval' }, 'awaiting approval'],
    [
      'the part of a step',
      'run.part',
      { migration: '0034_index', part: 2, parts: 3 },
      '0034_index, part 2 of 3',
    ],
    [
      'the session that was to be ended',
      'run.terminate_blocker',
      { pid: 8_841, application: 'agentim-report' },
      'pid 8841, agentim-report',
    ],
    [
      'the session where its application was not told',
      'run.blocker_terminated',
      { pid: 8_841, message: 'It is gone already.' },
      'pid 8841',
    ],
    [
      'how often the fence has refused',
      'fence.refused',
      { count: 2, total: 1_204 },
      '1,204 in all',
    ],
    [
      'what is applied again, by tag or hash',
      'migration.reapplied',
      { rows: [{ tag: '0035_fix' }, { tag: null, hash: '9f3a61c0d7e24b11' }, 'no row'] },
      '0035_fix, 9f3a61c0d7e2',
    ],
    ['the backup that was given up', 'backup.cancel', { backup: 'B-0002' }, 'B-0002'],
    [
      'what somebody vouches for',
      'backup.attest',
      { backup: 'B-0004', provider: 'AWS RDS', reference: 'rds:prod', link: null },
      'B-0004, AWS RDS, rds:prod',
    ],
    [
      'the backup on which a plan failed',
      'test_restore.finish',
      { backup: 'B-0003', verified: true, rehearsed: false },
      'B-0003, plan fails on it',
    ],
    [
      'the backup on which a plan passed',
      'test_restore.finish',
      { backup: 'B-0003', verified: true, rehearsed: true },
      'B-0003, plan rehearsed on it',
    ],
    [
      'the backup that was restored alone',
      'test_restore.finish',
      { backup: 'B-0003', verified: true, rehearsed: null },
      'B-0003',
    ],
    ['how many copies go', 'rescue.prune', { copies: ['a'] }, '1 copy'],
    ['nothing where the data is of another kind', 'rescue.prune', { copies: 'a' }, undefined],
  ])('names %s', (_name, action, payload, words) => {
    expect(detailOf(entry({ action, payload }))).toBe(words);
  });

  it('shows why the tracking table is only watched', () => {
    expect(wordsOf({ head: '0032', why: 'The role may not create a trigger.' })).toEqual([
      { label: 'Why there is no fence', text: 'The role may not create a trigger.' },
    ]);
  });

  it('shows what people wrote, and nothing that is empty or no text', () => {
    expect(wordsOf({ comment: 'Read it.', reason: ' ', message: 5 })).toEqual([
      { label: 'Comment', text: 'Read it.' },
    ]);
  });
});

describe('days', () => {
  it('end at midnight in UTC', () => {
    const days = byDay([
      entry({ seq: 3, at: '2026-11-22T00:00:00.000Z' }),
      entry({ seq: 2, at: '2026-11-21T23:59:59.999Z' }),
      entry({ seq: 1, at: '2026-11-21T04:00:00.000Z' }),
    ]);
    expect(days.map(({ day, entries }) => [day, entries.map(({ seq }) => seq)])).toEqual([
      ['2026-11-22', [3]],
      ['2026-11-21', [2, 1]],
    ]);
  });
});

it('writes numbers and hashes short enough to compare', () => {
  expect(eventNumber(18_204)).toBe('#18,204');
  expect(countEvents(1)).toBe('1 event');
  expect(countEvents(1_000)).toBe('1,000 events');
  expect(shortHash(`9f3a61c0${'0'.repeat(52)}61d8`)).toBe('9f3a61c0…61d8');
});
