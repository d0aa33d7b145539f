import { describe, expect, it } from 'vitest';
import { executorSilence } from './executor-silence';

const BEAT = Date.parse('2026-11-22T02:16:30.000Z');
const run = { state: 'running', heartbeatAt: new Date(BEAT).toISOString() } as const;

describe('executorSilence', () => {
  it('is null while heartbeats come', () => {
    expect(executorSilence(run, BEAT + 400, BEAT + 5_000)).toBeNull();
  });

  it('is told after ten seconds that a reading has seen', () => {
    expect(executorSilence(run, BEAT + 9_000, BEAT + 10_000)).toBeNull();
    expect(executorSilence(run, BEAT + 9_000, BEAT + 10_001)).toBe(10_001);
    expect(executorSilence(run, BEAT + 30_000, BEAT + 31_000)).toBe(31_000);
  });

  it('takes an old reading for an old reading', () => {
    expect(executorSilence(run, BEAT + 400, BEAT + 60_000)).toBeNull();
    expect(executorSilence(run, BEAT + 4_000, BEAT + 60_000)).toBeNull();
  });

  it('has nothing to say of a run that nobody has taken or that is over', () => {
    const late = [BEAT + 20_000, BEAT + 21_000] as const;
    expect(executorSilence(null, ...late)).toBeNull();
    expect(executorSilence({ ...run, state: 'queued' }, ...late)).toBeNull();
    expect(executorSilence({ ...run, state: 'finished' }, ...late)).toBeNull();
    expect(executorSilence({ ...run, heartbeatAt: null }, ...late)).toBeNull();
  });
});
