import { describe, expect, it } from 'vitest';
import type { TimelineStatement } from '@/lib/core/timeline';
import { statementWords } from './statement-words';

const statement = (over: Partial<TimelineStatement> = {}): TimelineStatement => ({
  index: 0,
  state: 'done',
  startedAt: null,
  durationMs: 4,
  rows: null,
  kept: false,
  probed: null,
  intent: false,
  ...over,
});
const alone = { transactional: false };
const inside = { transactional: true };

describe('statementWords', () => {
  it('says nothing of a statement of the transaction', () => {
    expect(statementWords(statement(), { state: 'running' }, inside)).toBeNull();
  });

  it('says what stays, before and after it is in', () => {
    expect(statementWords(statement(), { state: 'running' }, alone)).toBe(
      'On its own: stays even if the step fails.',
    );
    expect(statementWords(statement({ kept: true }), { state: 'undone' }, inside)).toBe(
      'In for good.',
    );
  });

  it('says it no more once the whole step is in', () => {
    expect(statementWords(statement({ kept: true }), { state: 'committed' }, alone)).toBeNull();
  });

  it('says of none that failed that it stays', () => {
    const failed = statement({ state: 'failed' });
    expect(statementWords(failed, { state: 'undone' }, alone)).toBeNull();
  });

  it('hands on what the catalog said', () => {
    const probed = { found: 'unfinished', message: 'The index i is there and not valid.' } as const;
    expect(statementWords(statement({ probed }), { state: 'running' }, alone)).toBe(
      'On its own: stays even if the step fails. The index i is there and not valid.',
    );
  });

  it('tells of a statement without an answer', () => {
    const sent = statement({ state: 'failed', intent: true });
    expect(statementWords(sent, { state: 'unknown' }, alone)).toContain('no answer came');
    expect(statementWords(sent, { state: 'undone' }, alone)).toBeNull();
  });
});
