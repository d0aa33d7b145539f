import type pg from 'pg';
import { type Part, partsOf } from '@/lib/core/parts';
import { undoAlone } from './undo-alone';
import type { UndoInput, UndonePart, UndoneStep } from './undo-input';
import { undoTransaction } from './undo-transaction';

/**
 * Undoes one migration: its script, its tracking row and, where it is asked for, the fence, on the
 * given connection. In one transaction, unless a statement can't run in any; see `partsOf`. Rehearsal
 * and run both come through here, so that what was rehearsed is what runs.
 * @throws StepUndoneError the transaction was rolled back; parts before it are in
 * @throws SessionLostError the connection is gone; see `commitSent`
 */
export async function undoStep(client: pg.Client, input: UndoInput): Promise<UndoneStep> {
  const started = performance.now();
  const statements: UndoneStep['statements'] = [];
  let { fence } = input;
  let xid: string | null = null;
  for (const part of partsOf(input.step.statements)) {
    const done = await undoPart(client, { ...input, fence }, part, { sentBefore: false });
    fence = null;
    xid = done.xid;
    statements.push(...done.statements);
  }
  if (xid === null) throw new Error(`step ${input.step.position} did not end in a transaction`);
  return { xid, durationMs: performance.now() - started, statements };
}

/**
 * Undoes one part of a step.
 * @param how.sentBefore a statement that runs alone was sent before, and nobody saw what became of it
 * @throws as undoStep
 */
export function undoPart(
  client: pg.Client,
  input: UndoInput,
  part: Part,
  how: { sentBefore: boolean },
): Promise<UndonePart> {
  if (!part.transactional) return undoAlone(client, input, part, how);
  const last = part.index === partsOf(input.step.statements).length - 1;
  return undoTransaction(client, input, part, { last });
}
