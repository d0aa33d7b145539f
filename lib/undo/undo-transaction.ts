import type pg from 'pg';
import type { Part } from '@/lib/core/parts';
import { refusal } from './errors';
import { giveUp } from './failure';
import { raiseFenceSql } from './fence';
import { type Place, replaySettings, runStatements, statementsOf } from './run-statements';
import { beginTransaction, restoreSession, type SessionState } from './session';
import { assertRowsUntouched, lockTracking, removeTrackingRow } from './tracking-rows';
import type { UndoInput, UndonePart, UndoneStatement } from './undo-input';

/**
 * Runs one part of a step, which mostly is the whole step, in one transaction: lock and check of the
 * tracking rows, the fence where it is asked for, the statements, and in the last part the step's row.
 * @throws StepUndoneError the transaction was rolled back
 * @throws SessionLostError the connection is gone; see `commitSent`
 */
export async function undoTransaction(
  client: pg.Client,
  input: UndoInput,
  part: Part,
  { last }: { last: boolean },
): Promise<UndonePart> {
  const started = performance.now();
  const place: Place & { commitSent: boolean } = { commitSent: false };
  try {
    const { xid, ...state } = await beginTransaction(client, input.settings);
    await lockTracking(client, input);
    await raiseFence(client, input);
    const statements = await undoInTransaction(client, input, part, state, place, last);
    await assertSameTransaction(client, xid);
    await input.hooks?.beforeCommit?.(xid, part);
    place.commitSent = true;
    await commit(client);
    return { xid, durationMs: performance.now() - started, statements };
  } catch (cause) {
    return await giveUp(client, input.step, cause, place);
  }
}

/** Puts the fence up by itself, before a statement that no transaction can hold. */
export async function raiseFenceAlone(client: pg.Client, input: UndoInput): Promise<void> {
  const place = { commitSent: false };
  try {
    await beginTransaction(client, input.settings);
    await lockTracking(client, input);
    await raiseFence(client, input);
    place.commitSent = true;
    await commit(client);
  } catch (cause) {
    await giveUp(client, input.step, cause, place);
  }
  if (input.fence) await input.hooks?.fenceCommitted?.();
}

export async function raiseFence(
  client: pg.Client,
  { fence, tracking, hooks }: Pick<UndoInput, 'fence' | 'tracking' | 'hooks'>,
): Promise<void> {
  if (!fence) return;
  for (const sql of raiseFenceSql(tracking, fence)) await client.query(sql);
  hooks?.fenceRaised?.();
}

/** What one part does inside a transaction that somebody else begins and commits. */
export async function undoInTransaction(
  client: pg.Client,
  input: UndoInput,
  part: Part,
  state: SessionState,
  place: Place,
  last: boolean,
): Promise<UndoneStatement[]> {
  await replaySettings(client, input, part);
  const statements = await runStatements(client, statementsOf(input, part), input, place);
  const leaked = await restoreSession(client, state, input.settings);
  if (leaked.length > 0) input.hooks?.settingsReset?.(leaked);
  if (last) {
    const byScript = await removeTrackingRow(client, input.step, input);
    input.hooks?.trackingRemoved?.(input.step.row, byScript);
  } else {
    await assertRowsUntouched(client, input);
  }
  return statements;
}

/** @throws when a statement has ended the transaction and begun another */
export async function assertSameTransaction(client: pg.Client, xid: string): Promise<void> {
  const { rows } = await client.query<{ xid: string }>(
    'SELECT pg_catalog.txid_current()::text AS xid',
  );
  if (rows[0]?.xid !== xid) throw refusal('The script left the transaction of its step.');
}

/** @throws when the server answered COMMIT with a ROLLBACK */
export async function commit(client: pg.Client): Promise<void> {
  const result = await client.query('COMMIT');
  if (result.command !== 'COMMIT') {
    throw refusal('The server rolled the transaction back instead of committing it.');
  }
}
