import { describe, expect, it } from 'vitest';
import { executorSilence, NOBODY_MS, SILENCE_MS, silenceWords } from './executor-silence';

const BEAT = Date.parse('2026-11-22T02:16:30.000Z');
const run = { state: 'running', heartbeatAt: new Date(BEAT).toISOString() } as const;

describe('executorSilence', () => {
  it('is null while heartbeats come', () => {
    expect(executorSilence(run, BEAT + 400, BEAT + 5_000)).toBeNull();
  });

  it('is told as soon as a reading has missed several, and counted on', () => {
    expect(executorSilence(run, BEAT + 2_999, BEAT + 4_000)).toBeNull();
    expect(executorSilence(run, BEAT + 3_000, BEAT + 4_000)).toBe(4_000);
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

describe('silenceWords', () => {
  it('promises what comes next, and asks for a person when it has not come', () => {
    expect(silenceWords(SILENCE_MS - 1)).toMatch(/true then\. After 10 s another one takes over/);
    expect(silenceWords(SILENCE_MS)).toMatch(/^Another one takes over/);
    expect(silenceWords(NOBODY_MS)).toMatch(/see that an executor is running/);
  });
});
