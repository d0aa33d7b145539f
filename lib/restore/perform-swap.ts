import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import {
  closeTarget,
  isConnectionFault,
  openTarget,
  redact,
  targetUnreachable,
} from '@/lib/target';
import { type NotCarried, ownSetting } from './carry-over';
import { lookOnceMore, measureBeside, refreshEvidence } from './conclude';
import { type SwapDeps, swapSchemas } from './in-place/swap-schemas';
import {
  type MaintenanceSession,
  openInPlace,
  openMaintenance,
  restoreApplication,
} from './maintenance';
import { moveOf } from './moves';
import { loadRestore, type RestoreFacts } from './restore-facts';
import { inStatus, ownRestore, RestoreLostError, RestoreRecord } from './restore-record';
import { requireSameServer } from './same-server';
import type { EndedSession } from './sessions';
import { type Attempt, settleSwap, UNSEEN } from './settle-swap';
import { swapNames } from './swap-names';

/** Performs the swap, or the swap back, that a person has asked for; the executor's part. */
export async function performSwap(
  ctx: Ctx,
  restoreId: number,
  deps: SwapDeps & { executorId: string },
): Promise<void> {
  const owner = await ownRestore(
    ctx,
    restoreId,
    deps.executorId,
    inStatus('swapping', 'swapping_back'),
  );
  if (!owner) return;
  const record = new RestoreRecord(ctx, owner);
  record.start();
  try {
    await attemptAndSettle(ctx, record, deps);
  } catch (cause) {
    if (!(cause instanceof RestoreLostError)) throw cause;
  } finally {
    record.close();
  }
}

async function attemptAndSettle(ctx: Ctx, record: RestoreRecord, deps: SwapDeps): Promise<void> {
  const facts = await loadRestore(ctx, record.owner.restoreId);
  const late = askedLongAgo(facts);
  if (late) return await giveBack(record, facts, late);
  let session: MaintenanceSession | null = null;
  let attempt: Attempt = UNSEEN;
  try {
    session = await openFor(ctx, facts, record);
    attempt = await tryIt(ctx, record, facts, session, deps);
  } catch (cause) {
    if (cause instanceof RestoreLostError) {
      await session?.close();
      throw cause;
    }
    const failure = sentenceOf(facts, cause);
    // Nothing was begun: the names are as the status before said.
    if (!session) return await giveBack(record, facts, failure);
    attempt = { ...UNSEEN, failure };
    // A session that has broken tells nothing any more; another one is asked.
    if (isConnectionFault(cause)) {
      await session.close();
      session = null;
    }
  }
  await settleOrSayUnknown(ctx, record, facts, attempt, session);
}

/** In another database of the server, or in the target's own where schemas are moved. */
const openFor = (ctx: Ctx, { target, row }: RestoreFacts, record: RestoreRecord) =>
  (row.way === 'in_place' ? openInPlace : openMaintenance)(ctx, target, row, record.owner);

/** Whoever asked has gone on to something else by then, and the target as well. */
const ASKED_COUNTS_MS = 10 * 60_000;

function askedLongAgo({ row, input }: RestoreFacts): string | null {
  const at = Date.parse(new Date(row.askedAt).toISOString());
  if (input.now - at <= ASKED_COUNTS_MS) return null;
  return `It was asked for at ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC, and no executor was there. Nothing was done. Look at it again, and ask anew if it is still wanted.`;
}

async function giveBack(
  record: RestoreRecord,
  { row }: RestoreFacts,
  message: string,
): Promise<void> {
  const back = row.status === 'swapping_back';
  const patch = { message, executorId: null, heartbeatAt: null };
  await record.change([{ from: [row.status], to: back ? 'swapped' : 'approved', patch }], (tx) =>
    record.auditIn(tx, back ? 'restore.swap_back' : 'restore.swap', 'failed', { message }),
  );
}

async function tryIt(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  session: MaintenanceSession,
  deps: SwapDeps,
): Promise<Attempt> {
  const ended: EndedSession[] = [];
  const onEnd = (one: EndedSession) => ended.push(one);
  try {
    const notCarried =
      facts.row.way === 'in_place'
        ? await swapSchemas(ctx, record, facts, session, { ...deps, onEnd }).then(() => [])
        : await swapDatabases(ctx, record, facts, session, onEnd);
    return { failure: null, sessionsEnded: clientsOf(ended).length, notCarried };
  } finally {
    // Also where nothing was renamed: their transactions are lost all the same.
    if (ended.length > 0)
      await record.audit('restore.end_sessions', 'done', {
        ended: clientsOf(ended).length,
        meanwhile: clientsOf(ended).filter(({ meanwhile }) => meanwhile).length,
        sessions: ended.slice(0, 200),
      });
  }
}

async function swapDatabases(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  session: MaintenanceSession,
  onEnd: (ended: EndedSession) => void,
): Promise<NotCarried[]> {
  const { row } = facts;
  const what = row.status === 'swapping_back' ? 'swap_back' : 'swap';
  const { client } = session;
  const move = moveOf(row, what);
  if (what === 'swap') {
    const changed = await refreshEvidence(record, facts, () =>
      measureBeside(ctx, record, facts, session),
    );
    if (changed) throw new BackstepError('restore_failed', changed);
    await record.patch({
      formerReadOnly: await ownSetting(client, row.presentOid, 'default_transaction_read_only'),
    });
  }
  const witness = what === 'swap' ? await openWitness(ctx, record, facts) : null;
  try {
    const { notCarried } = await swapNames({
      record,
      client,
      what,
      move,
      incomingGets: what === 'swap' ? { carriedOver: true } : { readOnly: row.formerReadOnly },
      onEnd,
      ...(witness && { lastLook: witness }),
    });
    return notCarried;
  } finally {
    await witness?.close();
  }
}

/** Without Backstep's own short looks at the target, which nobody misses. */
const clientsOf = (ended: readonly EndedSession[]): EndedSession[] =>
  ended.filter(({ application }) => !application?.startsWith('backstep '));

/** A session in the present database that sees it when everybody else has been put out. */
async function openWitness(ctx: Ctx, record: RestoreRecord, facts: RestoreFacts) {
  const { target } = facts;
  const primary = { ...target, readUrl: target.url };
  const client = await openTarget(primary, 'read', {
    applicationName: await restoreApplication(ctx, record.owner),
  });
  const close = () => closeTarget(client);
  try {
    await requireSameServer(client, facts.row);
    const { rows } = await client.query<{ pid: number }>(
      'SELECT pg_catalog.pg_backend_pid() AS pid',
    );
    const look = async () => {
      try {
        await lookOnceMore(client, facts);
      } finally {
        await close();
      }
    };
    return { pid: rows[0]?.pid ?? 0, look, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/**
 * Settles with the given session, or a new one. A server that can't be asked leaves the outcome unknown;
 * the lease then lapses by itself, and the question is asked again until there is an answer.
 */
export async function settleOrSayUnknown(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  attempt: Attempt,
  given: MaintenanceSession | null = null,
): Promise<void> {
  let session = given;
  try {
    session ??= await openFor(ctx, facts, record);
    await settleSwap(record, session, facts, attempt);
  } catch (cause) {
    if (cause instanceof RestoreLostError) throw cause;
    await sayUnknown(record, facts, sentenceOf(facts, cause));
  } finally {
    await session?.close();
  }
}

async function sayUnknown(
  record: RestoreRecord,
  { row }: RestoreFacts,
  message: string,
): Promise<void> {
  if (row.status === 'unknown') {
    await record.patch({ message });
    return;
  }
  await record.change([{ from: [row.status], to: 'unknown', patch: { message } }], (tx) =>
    record.auditIn(
      tx,
      row.status === 'swapping' ? 'restore.swap' : 'restore.swap_back',
      'unknown',
      {
        message,
      },
    ),
  );
}

/** Why it went wrong, for a person, and without any password. */
export function sentenceOf({ target }: Pick<RestoreFacts, 'target'>, cause: unknown): string {
  const error =
    !(cause instanceof BackstepError) && isConnectionFault(cause)
      ? targetUnreachable(target, 'write', cause)
      : cause;
  const text = error instanceof Error ? error.message : String(error);
  return redact(text, [target.url, target.readUrl]);
}
