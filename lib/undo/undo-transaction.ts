import type pg from 'pg';
import type { Part } from '@/lib/core/parts';
import type { Statement } from '@/lib/core/statement';
import { refusal } from './errors';
import { giveUp } from './failure';
import { raiseFenceSql } from './fence';
import { type Place, replaySettings, runStatements, statementsOf } from './run-statements';
import {
  beginTransaction,
  restoreSession,
  restoreUntouched,
  type SessionState,
  several,
} from './session';
import {
  assertLocked,
  assertRemoved,
  assertRowsUntouched,
  lockTrackingSql,
  removeRowSql,
  XID_SQL,
} from './tracking-rows';
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
    const begun = await beginLocked(client, input);
    const { xid } = begun;
    input.hooks?.begun?.(xid, part);
    await raiseFence(client, input);
    const statements = await undoInTransaction(client, input, part, begun, place, last);
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
    await beginLocked(client, input);
    await raiseFence(client, input);
    place.commitSent = true;
    await commit(client);
  } catch (cause) {
    await giveUp(client, input.step, cause, place);
  }
  if (input.fence) await input.hooks?.fenceCommitted?.();
}

/** A transaction that is open. */
interface Begun {
  xid: string;
  state: SessionState;
}

/**
 * Begins a transaction with the tracking table locked and its rows as they must be, by one message.
 * @throws when somebody migrated in between
 */
export async function beginLocked(
  client: pg.Client,
  input: Pick<UndoInput, 'settings' | 'tracking' | 'expectedRows'>,
): Promise<Begun> {
  const { answers, ...begun } = await beginTransaction(
    client,
    input.settings,
    lockTrackingSql(input.tracking),
  );
  assertLocked(answers, input);
  return begun;
}

export async function raiseFence(
  client: pg.Client,
  { fence, tracking, hooks }: Pick<UndoInput, 'fence' | 'tracking' | 'hooks'>,
): Promise<void> {
  if (!fence) return;
  await several(client, raiseFenceSql(tracking, fence));
  hooks?.fenceRaised?.();
}

/**
 * What one part does inside a transaction that somebody else begins and commits.
 * @throws when a statement has ended the transaction and begun another
 */
export async function undoInTransaction(
  client: pg.Client,
  input: UndoInput,
  part: Part,
  { xid, state }: Begun,
  place: Place,
  last: boolean,
): Promise<UndoneStatement[]> {
  await replaySettings(client, input, part);
  const statements = await runStatements(client, statementsOf(input, part), input, place);
  if (last) {
    const removed = await removeRow(client, input, part, state);
    assertXid(removed.xid, xid);
    input.hooks?.trackingRemoved?.(input.step.row, removed.byScript);
  } else {
    await restore(client, input, state);
    await assertRowsUntouched(client, input);
    await assertSameTransaction(client, xid);
  }
  return statements;
}

async function removeRow(
  client: pg.Client,
  input: UndoInput,
  part: Part,
  state: SessionState,
): Promise<ReturnType<typeof assertRemoved>> {
  const removing = removeRowSql(input.step, input);
  if (statementsOf(input, part).some(maySet)) {
    // Whether the script has left another role is asked before anything is done under it.
    await restore(client, input, state);
    return assertRemoved(await several(client, removing), input.step, input);
  }
  const answers = await restoreUntouched(client, state, input.settings, removing);
  return assertRemoved(answers, input.step, input);
}

async function restore(client: pg.Client, input: UndoInput, state: SessionState): Promise<void> {
  const leaked = await restoreSession(client, state, input.settings);
  if (leaked.length > 0) input.hooks?.settingsReset?.(leaked);
}

/** What changes the schema and nothing else, as nearly all statements of a rollback do, sets nothing. */
const SETS_NOTHING = new Set([
  'AlterEnumStmt',
  'AlterSeqStmt',
  'AlterTableStmt',
  'CommentStmt',
  'CreateEnumStmt',
  'CreateStmt',
  'DropStmt',
  'IndexStmt',
  'RenameStmt',
  'ViewStmt',
]);

const maySet = ({ kind }: Statement): boolean => !SETS_NOTHING.has(kind);

/** @throws when a statement has ended the transaction and begun another */
export async function assertSameTransaction(client: pg.Client, xid: string): Promise<void> {
  const { rows } = await client.query<{ xid: string }>(XID_SQL);
  assertXid(rows[0]?.xid, xid);
}

function assertXid(found: string | undefined, xid: string): void {
  if (found !== xid) throw refusal('The script left the transaction of its step.');
}

/** @throws when the server answered COMMIT with a ROLLBACK */
export async function commit(client: pg.Client): Promise<void> {
  const result = await client.query('COMMIT');
  if (result.command !== 'COMMIT') {
    throw refusal('The server rolled the transaction back instead of committing it.');
  }
}
