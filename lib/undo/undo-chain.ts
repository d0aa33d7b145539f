import type pg from 'pg';
import type { TrackingRow } from '@/lib/core/migration';
import { partsOf } from '@/lib/core/parts';
import type { PlanStep } from '@/lib/core/plan';
import { giveUp } from './failure';
import type { Tracking } from './fence';
import type { Place } from './run-statements';
import type { SessionSettings } from './session';
import { rowsAfter } from './tracking-rows';
import type { FenceToRaise, UndoHooks, UndoneStatement } from './undo-input';
import {
  assertSameTransaction,
  beginLocked,
  commit,
  raiseFence,
  undoInTransaction,
} from './undo-transaction';

export interface ChainInput {
  /** What is left of the plan, in run order. */
  steps: readonly PlanStep[];
  tracking: Tracking;
  /** All tracking rows as they must be before the first of the steps, ordered by id. */
  expectedRows: readonly TrackingRow[];
  settings: SessionSettings;
  fence: FenceToRaise | null;
  /** What is heard of one step; its `beforeCommit` is not asked. */
  hooksOf?(step: PlanStep): UndoHooks;
  stepStarted?(step: PlanStep): Promise<void>;
  /** All statements of a step have run. Throwing undoes the chain. */
  stepReady?(step: PlanStep, durationMs: number): Promise<void>;
  /** The last moment: record the transaction id. Throwing undoes the chain. */
  beforeCommit?(xid: string): Promise<void>;
}

export interface UndoneChain {
  xid: string;
  durationMs: number;
  steps: { position: number; durationMs: number; statements: UndoneStatement[] }[];
}

/**
 * Undoes several migrations in one transaction: all of them are in afterwards, or none. Every lock is
 * held until the end.
 * @throws StepUndoneError the whole chain was rolled back; its `position` is where it failed
 * @throws SessionLostError the connection is gone; see `commitSent`
 */
export async function undoChain(client: pg.Client, input: ChainInput): Promise<UndoneChain> {
  const [first] = input.steps;
  if (!first) throw new Error('a chain has at least one step');
  const started = performance.now();
  const place: Place & { commitSent: boolean } = { commitSent: false };
  let at = first;
  try {
    await input.stepStarted?.(first);
    const begun = await beginLocked(client, input);
    const { xid } = begun;
    await raiseFence(client, { ...input, hooks: input.hooksOf?.(first) });
    const steps: UndoneChain['steps'] = [];
    for (const step of input.steps) {
      at = step;
      if (step !== first) await input.stepStarted?.(step);
      const stepStarted = performance.now();
      const [part, ...more] = partsOf(step.statements);
      if (!part?.transactional || more.length > 0) {
        throw new Error(`step ${step.position} can't be part of one transaction`);
      }
      const statements = await undoInTransaction(
        client,
        {
          step,
          tracking: input.tracking,
          expectedRows: rowsAfter(input.expectedRows, input.steps, steps.length),
          settings: input.settings,
          fence: null,
          hooks: input.hooksOf?.(step),
        },
        part,
        begun,
        place,
        true,
      );
      const durationMs = performance.now() - stepStarted;
      await input.stepReady?.(step, durationMs);
      steps.push({ position: step.position, durationMs, statements });
    }
    await assertSameTransaction(client, xid);
    await input.beforeCommit?.(xid);
    place.commitSent = true;
    await commit(client);
    return { xid, durationMs: performance.now() - started, steps };
  } catch (cause) {
    return await giveUp(client, at, cause, place);
  }
}
