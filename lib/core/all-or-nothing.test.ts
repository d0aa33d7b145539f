import { describe, expect, it } from 'vitest';
import { ALL_OR_NOTHING_MAX_MS, allOrNothingOffer } from './all-or-nothing';
import type { RehearsedStep } from './evidence';
import type { PlanStep } from './plan';
import type { Statement } from './statement';

const statement = (index: number, transactional = true): Statement => ({
  index,
  text: 'SELECT 1',
  line: index + 1,
  kind: 'SelectStmt',
  transactional,
  hazards: [],
});

const step = (position: number, ...statements: Statement[]): PlanStep => ({
  position,
  tag: `000${9 - position}_x`,
  number: `000${9 - position}`,
  upHash: '',
  row: { id: 9 - position, hash: 'h', createdAt: '1' },
  rollbackFile: `000${9 - position}_rollback.sql`,
  pairedBy: 'number',
  rollbackSha256: '',
  rollbackSql: '',
  unwrapped: false,
  statements,
});

const rehearsed = (...durations: number[]): { steps: RehearsedStep[] } => ({
  steps: durations.map((durationMs, position) => ({
    position,
    tag: '',
    durationMs,
    statements: [],
    changes: [],
    fingerprintAfter: '',
  })),
});

const STEPS = [step(0, statement(0)), step(1, statement(0)), step(2, statement(0))];

describe('one transaction for what is left', () => {
  it('is offered where it is short and all of it can be taken back', () => {
    expect(allOrNothingOffer({ steps: STEPS }, 0, rehearsed(10, 20, 30))).toEqual({
      offered: true,
    });
  });

  it('is not offered for one step, which is one transaction anyhow', () => {
    expect(allOrNothingOffer({ steps: STEPS }, 2, rehearsed(1, 1, 1))).toMatchObject({
      offered: false,
      reason: expect.stringContaining('anyhow'),
    });
  });

  it('is not offered before the rehearsal', () => {
    expect(allOrNothingOffer({ steps: STEPS }, 0, null).offered).toBe(false);
  });

  it('names the line that runs alone, in what is left only', () => {
    const steps = [step(0, statement(0), statement(1, false)), ...STEPS.slice(1)];
    expect(allOrNothingOffer({ steps }, 0, rehearsed(1, 1, 1)).reason).toContain(
      'Line 2 of 0009_rollback.sql',
    );
    expect(allOrNothingOffer({ steps }, 1, rehearsed(1, 1, 1)).offered).toBe(true);
  });

  it('counts the time of what is left', () => {
    const long = rehearsed(ALL_OR_NOTHING_MAX_MS, 1, 1);
    expect(allOrNothingOffer({ steps: STEPS }, 0, long)).toMatchObject({
      offered: false,
      reason: expect.stringContaining('10 s'),
    });
    expect(allOrNothingOffer({ steps: STEPS }, 1, long).offered).toBe(true);
  });
});
