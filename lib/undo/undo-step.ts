import pg from 'pg';
import type { TrackingRow } from '@/lib/core/migration';
import type { PlanStep } from '@/lib/core/plan';
import { readTracking, trackingIdentifier } from '@/lib/target';
import { SessionLostError, StepUndoneError } from './errors';
import { raiseFenceSql, type Tracking } from './fence';
import { isSessionLost, RETRYABLE, toStatementError } from './pg-error';
import {
  dropSessionObjects,
  holdTimeoutsSql,
  mentionsTimeout,
  readSessionSettings,
  resetLeakedSettings,
  type SessionSettings,
  stepSettingsSql,
} from './session';

/** What the caller hears while a step goes on. Only `beforeCommit` may refuse, by throwing. */
export interface UndoHooks {
  statementStarted?(index: number): void;
  statementFinished?(index: number, durationMs: number, rows: number | null): void;
  settingsReset?(names: string[]): void;
  trackingRemoved?(row: TrackingRow, byScript: boolean): void;
  fenceRaised?(): void;
  /** The last moment: record the transaction id. Throwing rolls the step back. */
  beforeCommit?(xid: string): Promise<void>;
}

export interface UndoInput {
  step: PlanStep;
  tracking: Tracking;
  /** All tracking rows as they must be before this step, ordered by id. */
  expectedRows: readonly TrackingRow[];
  settings: SessionSettings;
  /** Put the fence up in this step's transaction. */
  fence: { rollback: string; head: string } | null;
  hooks?: UndoHooks;
}

export interface UndoneStep {
  xid: string;
  durationMs: number;
  statements: { index: number; durationMs: number; rows: number | null }[];
}

/**
 * Undoes one migration: its script, its tracking row and, in the first step, the fence, in one
 * transaction on the given connection. Rehearsal and run both call this, so that what was rehearsed
 * is what runs.
 * @throws StepUndoneError the transaction was rolled back, the target is as before
 * @throws SessionLostError the connection is gone; see `commitSent`
 */
export async function undoStep(client: pg.Client, input: UndoInput): Promise<UndoneStep> {
  const started = performance.now();
  const place: { statement?: number } = {};
  let commitSent = false;
  try {
    // A role's default may be stricter, and a snapshot from before the lock would not show who migrated
    // while we waited for it.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
    const xid = await beginStep(client, input.settings);
    await lockTracking(client, input);
    if (input.fence) {
      for (const sql of raiseFenceSql(input.tracking, input.fence)) await client.query(sql);
      input.hooks?.fenceRaised?.();
    }
    const before = await readSessionSettings(client);
    const role = await currentRole(client);
    const statements = await runStatements(client, input, place);
    await restoreSession(client, input, before, role);
    await removeTrackingRow(client, input);
    await assertSameTransaction(client, xid);
    await input.hooks?.beforeCommit?.(xid);
    commitSent = true;
    const result = await client.query('COMMIT');
    if (result.command !== 'COMMIT') {
      throw refusal('The server rolled the transaction back instead of committing it.');
    }
    return { xid, durationMs: performance.now() - started, statements };
  } catch (cause) {
    return await giveUp(client, input, cause, place.statement, commitSent);
  }
}

async function beginStep(client: pg.Client, settings: SessionSettings): Promise<string> {
  const { rows } = await client.query<{ xid: string }>(stepSettingsSql(settings), [
    settings.searchPath,
  ]);
  const xid = rows[0]?.xid;
  if (!xid) throw refusal('The server gave no transaction id.');
  return xid;
}

async function lockTracking(client: pg.Client, input: UndoInput): Promise<void> {
  // A booting application's migrate() reads without a lock but writes its row later: it waits here.
  await client.query(
    `LOCK TABLE ${trackingIdentifier(input.tracking)} IN SHARE ROW EXCLUSIVE MODE`,
  );
  const rows = await readTracking(client, input.tracking);
  if (!sameRows(rows, input.expectedRows)) {
    throw refusal(
      `The tracking table holds ${rows.length} rows that are not the ${input.expectedRows.length} expected ones: somebody migrated in between.`,
    );
  }
}

async function runStatements(
  client: pg.Client,
  input: UndoInput,
  place: { statement?: number },
): Promise<UndoneStep['statements']> {
  const done: UndoneStep['statements'] = [];
  for (const statement of input.step.statements) {
    place.statement = statement.index;
    input.hooks?.statementStarted?.(statement.index);
    const started = performance.now();
    const rows = await runStatement(client, statement.text);
    const durationMs = performance.now() - started;
    if (client.getTransactionStatus() !== 'T') {
      throw refusal('The statement ended the transaction of the step.');
    }
    if (mentionsTimeout(statement.text)) await client.query(holdTimeoutsSql(input.settings));
    input.hooks?.statementFinished?.(statement.index, durationMs, rows);
    done.push({ index: statement.index, durationMs, rows });
  }
  place.statement = undefined;
  return done;
}

/**
 * Runs one statement and drops what it returns, row by row: a SELECT over a large table must not fill
 * the memory of the process that holds the transaction.
 * @returns the count of the command tag
 */
function runStatement(client: pg.Client, text: string): Promise<number | null> {
  // The extended protocol takes exactly one command: a second one hidden in the text is an error.
  const config: pg.QueryConfig & { queryMode: 'extended' } = { text, queryMode: 'extended' };
  const query = new pg.Query(config);
  return new Promise((resolve, reject) => {
    query.on('row', () => undefined);
    query.on('end', (result) => resolve(result.rowCount));
    query.on('error', reject);
    client.query(query);
  });
}

async function currentRole(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ role: string }>('SELECT current_user::text AS role');
  return rows[0]?.role ?? '';
}

async function restoreSession(
  client: pg.Client,
  input: UndoInput,
  before: Map<string, string>,
  role: string,
): Promise<void> {
  await dropSessionObjects(client);
  const leaked = await resetLeakedSettings(client, before);
  if (leaked.length > 0) input.hooks?.settingsReset?.(leaked);
  const now = await currentRole(client);
  if (now !== role) throw refusal(`The script changed the role from ${role} to ${now}.`);
}

async function removeTrackingRow(client: pg.Client, input: UndoInput): Promise<void> {
  const { row } = input.step;
  const rows = await readTracking(client, input.tracking);
  const others = input.expectedRows.filter((expected) => expected.id !== row.id);
  const still = rows.some((found) => found.id === row.id);
  if (!sameRows(rows, still ? input.expectedRows : others)) {
    throw refusal('The script changed tracking rows that are not its own.');
  }
  if (still) {
    const result = await client.query(
      `DELETE FROM ${trackingIdentifier(input.tracking)} WHERE id = $1 AND hash = $2 AND created_at = $3`,
      [row.id, row.hash, row.createdAt],
    );
    if (result.rowCount !== 1) {
      throw refusal(`The tracking row of ${input.step.tag} was not removed exactly once.`);
    }
  }
  input.hooks?.trackingRemoved?.(row, !still);
}

async function assertSameTransaction(client: pg.Client, xid: string): Promise<void> {
  const { rows } = await client.query<{ xid: string }>(
    'SELECT pg_catalog.txid_current()::text AS xid',
  );
  if (rows[0]?.xid !== xid) throw refusal('The script left the transaction of its step.');
}

async function giveUp(
  client: pg.Client,
  input: UndoInput,
  cause: unknown,
  statement: number | undefined,
  commitSent: boolean,
): Promise<never> {
  if (isSessionLost(client, cause)) throw new SessionLostError(commitSent, { cause });
  try {
    await client.query('ROLLBACK');
  } catch (rollbackFault) {
    throw new SessionLostError(commitSent, {
      cause: new AggregateError([cause, rollbackFault], 'the step failed, and so did its ROLLBACK'),
    });
  }
  const error = toStatementError(cause, statement, input.step.statements);
  throw new StepUndoneError(error, { cause, retryable: RETRYABLE.has(error.sqlstate) });
}

/** Our own refusal inside a step; it has no SQLSTATE of the server's. */
export const REFUSED_BY_BACKSTEP = 'BS000';

function refusal(message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code: REFUSED_BY_BACKSTEP });
}

export function sameRows(a: readonly TrackingRow[], b: readonly TrackingRow[]): boolean {
  return (
    a.length === b.length &&
    a.every((row, index) => {
      const other = b[index];
      return row.id === other?.id && row.hash === other.hash && row.createdAt === other.createdAt;
    })
  );
}

/** The rows that remain after `done` steps of a plan, in tracking order. */
export function rowsAfter(
  rows: readonly TrackingRow[],
  steps: readonly PlanStep[],
  done: number,
): TrackingRow[] {
  const gone = new Set(steps.slice(0, done).map((step) => step.row.id));
  return rows.filter((row) => !gone.has(row.id));
}
