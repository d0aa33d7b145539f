import { describe, expect, it } from 'vitest';
import type { RescueEstimate } from '@/lib/core/rescue-estimate';
import { buildTimeline } from '@/lib/core/timeline';
import { rescueLimitWords, rescueSizeWords, runModeOf, runModeWords } from './run-choice';
import { rehearsalFixture, roomFixture, stepsFixture } from './testing/room-fixture';

const both = { allOrNothing: true, rescue: true };
const estimate = (over: Partial<RescueEstimate> = {}): RescueEstimate => ({
  copies: 0,
  bytes: 0,
  unknown: [],
  notCopied: [],
  ...over,
});

describe('runModeOf', () => {
  it('sends what was chosen where it is possible', () => {
    const room = roomFixture({ policy: { rescue: 'ask' } });
    expect(runModeOf(room, both)).toEqual(both);
    expect(runModeOf(room, { allOrNothing: false, rescue: false })).toEqual({
      allOrNothing: false,
      rescue: false,
    });
  });

  it('sends nothing that the policy of this moment refuses, and what it wants', () => {
    expect(runModeOf(roomFixture({ policy: { rescue: 'off' } }), both).rescue).toBe(false);
    const always = roomFixture({ policy: { rescue: 'always' } });
    expect(runModeOf(always, { ...both, rescue: false }).rescue).toBe(true);
  });

  it('offers one transaction neither for the last step nor on the rehearsal of another plan', () => {
    const last = roomFixture({ steps: stepsFixture(['committed', 'committed', 'pending']) });
    expect(runModeOf(last, both).allOrNothing).toBe(false);
    const other = roomFixture({ rehearsal: rehearsalFixture({ digest: 'another' }) });
    expect(runModeOf(other, both).allOrNothing).toBe(false);
  });
});

describe('rescue words', () => {
  it.each([
    [estimate(), 'As far as is known, nothing needs one.'],
    [estimate({ unknown: ['x'] }), 'How much they take is not known.'],
    [estimate({ copies: 1, bytes: 2_048 }), '1 copy, ≈\u00a02.0 kB.'],
    [estimate({ copies: 2, bytes: 2_048, unknown: ['x'] }), '2 copies, ≈\u00a02.0 kB or more.'],
  ])('%o', (given, words) => {
    expect(rescueSizeWords(given)).toBe(words);
  });

  it('warns of copies beyond the limit', () => {
    const policy = { rescue_max_mb: 1 };
    expect(rescueLimitWords(estimate({ bytes: 1_048_576 }), policy)).toBeNull();
    expect(rescueLimitWords(estimate({ bytes: 1_048_577 }), policy)).toContain('1 MB');
  });
});

describe('runModeWords', () => {
  const STARTED = '2026-11-22T02:16:30.000Z';
  const steps = (first: string) => {
    const timeline = buildTimeline([1, 1, 1], []);
    timeline.startedAt = STARTED;
    Object.assign(timeline.steps[0] ?? {}, { state: 'committed', startedAt: first });
    return timeline;
  };

  it('says nothing of a run as usual', () => {
    expect(runModeWords({ allOrNothing: false, rescue: false }, steps(STARTED))).toBeNull();
  });

  it('counts the steps of this transaction alone', () => {
    const before = steps('2026-11-22T02:10:00.000Z');
    expect(runModeWords({ allOrNothing: true, rescue: false }, before)).toBe(
      'One transaction for all 2 steps.',
    );
    expect(runModeWords(both, steps(STARTED))).toBe(
      'One transaction for all 3 steps. What is destroyed is copied first.',
    );
  });
});
