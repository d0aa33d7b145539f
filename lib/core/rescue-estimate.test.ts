import { describe, expect, it } from 'vitest';
import type { Amount, LossLine } from './evidence';
import type { Plan } from './plan';
import { rescueEstimate } from './rescue-estimate';

const known = (value: number, estimate = false): Amount => ({ value, estimate, source: 'counted' });
const unknown: Amount = { value: null, estimate: false, source: 'timed out' };

function loss(line: Partial<LossLine>): LossLine {
  return {
    position: 0,
    kind: 'table',
    name: 'public.rooms',
    type: null,
    rows: known(10),
    nonNull: null,
    differs: null,
    bytes: known(8_192),
    ...line,
  };
}

function planOf(...files: { file: string; statements: [kind: string, text: string][] }[]) {
  return {
    steps: files.map(({ file, statements }) => ({
      rollbackFile: file,
      statements: statements.map(([kind, text], index) => ({ kind, text, line: index + 1 })),
    })),
  } as unknown as Pick<Plan, 'steps'>;
}

const PLAN = planOf(
  { file: '0002.sql', statements: [['DropStmt', 'DROP TABLE rooms']] },
  { file: '0001.sql', statements: [['DropStmt', 'DROP TABLE halls']] },
);

const estimate = (losses: LossLine[], stepsDone = 0, plan = PLAN) =>
  rescueEstimate(plan, stepsDone, {
    impact: { takenAt: '', relations: {}, losses, findings: [], durationMs: 0, problems: [] },
  });

describe('the estimate of rescue copies', () => {
  it('counts columns of one table and step as one copy, with their key', () => {
    expect(
      estimate([
        loss({ kind: 'column', name: 'public.rooms.topic', bytes: known(100) }),
        loss({ kind: 'column', name: 'public.rooms."a.b"', bytes: known(50) }),
        loss({ kind: 'column', name: 'public.rooms.topic', position: 1, bytes: known(7) }),
        loss({ name: 'public.halls' }),
      ]),
    ).toEqual({
      copies: 3,
      bytes: 100 + 50 + 7 + 3 * 10 * 40 + 8_192,
      unknown: [],
      notCopied: [],
    });
  });

  it('leaves out what is done, what is empty, and what holds nothing of its own', () => {
    expect(
      estimate(
        [
          loss({}),
          loss({ position: 1, name: 'public.halls' }),
          loss({ position: 1, name: 'public.empty', rows: known(0) }),
          loss({ position: 1, kind: 'materialized_view', name: 'public.sums' }),
        ],
        1,
      ),
    ).toMatchObject({ copies: 1, bytes: 8_192 });
  });

  it('takes an estimate of no rows for what it is', () => {
    expect(estimate([loss({ rows: known(0, true) })])).toMatchObject({ copies: 1 });
  });

  it('counts each statement that changes rows for itself', () => {
    expect(
      estimate([
        loss({ kind: 'rows', type: 'DELETE', bytes: known(10) }),
        loss({ kind: 'rows', type: 'UPDATE', bytes: known(20) }),
      ]),
    ).toMatchObject({ copies: 2, bytes: 30 });
  });

  it('says what is not known', () => {
    expect(estimate([loss({ bytes: unknown })])).toEqual({
      copies: 1,
      bytes: 0,
      unknown: ['How much the copy of public.rooms takes is not known: timed out.'],
      notCopied: [],
    });
    expect(rescueEstimate(PLAN, 0, null).unknown).toEqual(['The plan has not been rehearsed yet.']);
  });

  it('says what is not copied, of the steps that are left', () => {
    const plan = planOf(
      { file: '0003.sql', statements: [['DoStmt', 'DO $$ $$']] },
      {
        file: '0002.sql',
        statements: [
          ['SelectStmt', 'SELECT sweep()'],
          ['SelectStmt', 'SELECT 1'],
          ['CallStmt', 'CALL tidy()'],
        ],
      },
    );
    const { notCopied } = estimate(
      [loss({ position: 1, kind: 'sequence', name: 'public.numbers' })],
      1,
      plan,
    );
    expect(notCopied).toEqual([
      'Line 1 of 0002.sql calls functions: what functions of the application destroy is not copied.',
      'Line 3 of 0002.sql calls a procedure: what that destroys is not copied.',
      'The value at which the sequence public.numbers stands is not copied.',
    ]);
    expect(estimate([], 0, plan).notCopied[0]).toMatch(/^Line 1 of 0003\.sql is a code block/);
  });
});
