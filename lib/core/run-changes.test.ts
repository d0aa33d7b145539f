import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { StepStatus } from './evidence';
import {
  RUN_CHANGES,
  RUN_STATES,
  type RunState,
  runChangeAllowed,
  STEP_CHANGES,
  STEP_STATUSES,
  stepChangeAllowed,
} from './run-changes';

/** Written out by hand, so that a change of a table has to be made twice and on purpose. */
const NEXT_STATE: Record<RunState, RunState[]> = {
  queued: ['running'],
  running: ['finished'],
  finished: [],
};
const NEXT_STATUS: Record<StepStatus, StepStatus[]> = {
  pending: ['running'],
  running: ['committing', 'failed'],
  committing: ['running', 'failed', 'committed'],
  failed: ['running'],
  committed: [],
  unknown: [],
};

const migration = readFileSync(
  fileURLToPath(new URL('../control/migrations/0004_run_guards.sql', import.meta.url)),
  'utf8',
);

/** The pairs that the migration inserts into a table. */
function enforced(table: string): string[] {
  const list = new RegExp(`INSERT INTO backstep\\.${table} [^;]*;`).exec(migration)?.[0] ?? '';
  return [...list.matchAll(/\('(\w+)', '(\w+)'\)/g)].map((m) => `${m[1]} ${m[2]}`).sort();
}

const pairsOf = (changes: readonly (readonly [string, string, string])[]) =>
  changes.map(([from, to]) => `${from} ${to}`).sort();

describe('states of a run', () => {
  it.each(RUN_STATES.flatMap((from) => RUN_STATES.map((to) => [from, to] as const)))(
    '%s → %s',
    (from, to) => {
      expect(runChangeAllowed(from, to)).toBe(NEXT_STATE[from].includes(to));
    },
  );

  it('are the ones that the control database enforces', () => {
    expect(enforced('run_state_changes')).toEqual(pairsOf(RUN_CHANGES));
  });
});

describe('statuses of a step', () => {
  it.each(STEP_STATUSES.flatMap((from) => STEP_STATUSES.map((to) => [from, to] as const)))(
    '%s → %s',
    (from, to) => {
      expect(stepChangeAllowed(from, to)).toBe(NEXT_STATUS[from].includes(to));
    },
  );

  it('are the ones that the control database enforces', () => {
    expect(enforced('step_status_changes')).toEqual(pairsOf(STEP_CHANGES));
  });

  it('come to committed only past the record of the intent, and never leave it', () => {
    const into = STEP_STATUSES.filter((from) => stepChangeAllowed(from, 'committed'));
    expect(into).toEqual(['committing']);
    expect(NEXT_STATUS.committed).toEqual([]);
  });
});

it('no change is named twice, and each has a reason of its own', () => {
  for (const changes of [RUN_CHANGES, STEP_CHANGES]) {
    expect(new Set(pairsOf(changes)).size).toBe(changes.length);
    expect(new Set(changes.map(([, , why]) => why)).size).toBe(changes.length);
    for (const [, , why] of changes) expect(why).toMatch(/^[A-Z].{10,}\.$/);
  }
});
