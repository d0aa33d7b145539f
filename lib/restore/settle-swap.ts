import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import pg from 'pg';
import { backupLabel, type Ctx, databaseNow, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { KEEP_FORMER_DAYS, type RestoreStatus } from '@/lib/core/restore';
import { parseRollbackLabel } from '@/lib/core/rollback';
import { readFence, withTarget } from '@/lib/target';
import { NOW, type RestorePatch } from './change-status';
import { type Place, placeOf } from './databases';
import { placeOfSchemas } from './in-place/namespaces';
import type { MaintenanceSession } from './maintenance';
import { moveOf } from './moves';
import type { RestoreFacts } from './restore-facts';
import { isAnswer, type RestoreRecord } from './restore-record';
import { setDoors } from './swap-names';

const { fences, restoreEvents } = tables;

/** What the last attempt told, for the message and the audit. */
export interface Attempt {
  /** Why it went wrong; null when it went through, or nobody has seen its end. */
  failure: string | null;
  sessionsEnded: number;
  notCarried: { sql: string; why: string }[];
}

/** Nobody has seen the end of it: the executor died, or its connection did. */
export const UNSEEN: Attempt = { failure: null, sessionsEnded: 0, notCarried: [] };

/**
 * Which way the names were being moved. Of an unknown outcome the change to it tells: an attempt that
 * found something else than it expected has written down no act.
 */
export async function directionOf(
  ctx: Pick<Ctx, 'db'>,
  { row }: Pick<RestoreFacts, 'row'>,
): Promise<'swap' | 'swap_back'> {
  if (row.status === 'swapping') return 'swap';
  if (row.status === 'swapping_back') return 'swap_back';
  const [last] = await ctx.db
    .select({ from: sql<string>`${restoreEvents.payload} ->> 'from'` })
    .from(restoreEvents)
    .where(
      and(
        eq(restoreEvents.restoreId, row.id),
        eq(restoreEvents.kind, 'status.changed'),
        sql`${restoreEvents.payload} ->> 'to' = 'unknown'`,
      ),
    )
    .orderBy(desc(restoreEvents.seq))
    .limit(1);
  return last?.from === 'swapping_back' ? 'swap_back' : 'swap';
}

/**
 * Asks the server which database has the target's name, opens the doors of that one, and writes down
 * what is true: the former database in its place, or the restored one. A name that is nobody's, which
 * only a hand on the server can bring about, goes back to the database that had it.
 * @throws BackstepError `restore_failed` when neither of the two can have the name; what the server says
 */
export async function settleSwap(
  record: RestoreRecord,
  session: MaintenanceSession,
  facts: RestoreFacts,
  attempt: Attempt,
): Promise<'before' | 'after'> {
  const { client } = session;
  const what = await directionOf(record.ctx, facts);
  if (facts.row.way === 'in_place') return settleSchemas(record, client, facts, what, attempt);
  const move = moveOf(facts.row, what);
  let place = await placeOf(client, move);
  const nobody = place.kind === 'nobody';
  if (place.kind === 'nobody') {
    const { outgoing } = place;
    await record.act(what, 'put_back', `${outgoing.name} becomes ${move.name}`, async () => {
      await client.query(
        `ALTER DATABASE ${pg.escapeIdentifier(outgoing.name)} RENAME TO ${pg.escapeIdentifier(move.name)}`,
      );
    });
    place = await placeOf(client, move);
  }
  if (place.kind === 'elsewhere' || place.kind === 'nobody')
    throw new BackstepError(
      'restore_failed',
      place.kind === 'elsewhere' ? place.message : `No database is called ${move.name}.`,
    );
  await endIntents(record, place.kind);
  const inPlace = place.kind === 'before' ? place.outgoing : place.incoming;
  if (!inPlace.open)
    await record.act(what, 'open_doors', inPlace.name, () => setDoors(client, inPlace, true));
  await settleBeside(record, client, what, place);
  await writeDown(record, facts, what, place.kind, { ...attempt, putBack: nobody });
  return place.kind;
}

/** In place there are no doors: one transaction has moved all schemas, or none. */
async function settleSchemas(
  record: RestoreRecord,
  client: pg.Client,
  facts: RestoreFacts,
  what: 'swap' | 'swap_back',
  attempt: Attempt,
): Promise<'before' | 'after'> {
  const place = await placeOfSchemas(client, facts.row.schemas ?? [], what);
  if (place.kind === 'elsewhere') throw new BackstepError('restore_failed', place.message);
  await endIntents(record, place.kind);
  await writeDown(record, facts, what, place.kind, { ...attempt, putBack: false });
  return place.kind;
}

/**
 * The other one: what waits for its swap lets nobody in, and what is kept can be read. That it can't be
 * done does not keep anybody from the database in place.
 */
async function settleBeside(
  record: RestoreRecord,
  client: pg.Client,
  what: 'swap' | 'swap_back',
  place: Place & { kind: 'before' | 'after' },
): Promise<void> {
  const beside = place.kind === 'before' ? place.incoming : place.outgoing;
  const open = !(what === 'swap' && place.kind === 'before');
  if (!beside || beside.open === open) return;
  try {
    await record.act(what, open ? 'open_doors' : 'close_doors', beside.name, () =>
      setDoors(client, beside, open),
    );
  } catch (cause) {
    if (!isAnswer(cause)) throw cause;
  }
}

/** Acts that a crash left without an outcome: the server has told it now. */
async function endIntents(record: RestoreRecord, place: 'before' | 'after'): Promise<void> {
  for (const { seq, name } of await record.openIntents()) {
    const done = name === 'rename' ? place === 'after' : true;
    await record.end(
      seq,
      done ? 'done' : 'failed',
      name === 'rename'
        ? `The server was asked afterwards: it is ${done ? '' : 'not '}done.`
        : null,
    );
  }
}

async function writeDown(
  record: RestoreRecord,
  facts: RestoreFacts,
  what: 'swap' | 'swap_back',
  place: 'before' | 'after',
  attempt: Attempt & { putBack: boolean },
): Promise<void> {
  const { status } = facts.row;
  const through = place === 'after';
  const to: RestoreStatus =
    what === 'swap' ? (through ? 'swapped' : 'approved') : through ? 'swapped_back' : 'swapped';
  const raised = what === 'swap_back' && through ? await fenceOfTarget(facts) : null;
  const message = through ? null : (attempt.failure ?? INTERRUPTED);
  const patch: RestorePatch = { message, executorId: null, heartbeatAt: null, progress: null };
  if (through) {
    const now = await databaseNow(record.ctx);
    if (what === 'swap') patch.swappedAt = now.toISOString();
    patch.keepUntil = new Date(now.getTime() + KEEP_FORMER_DAYS * 86_400_000).toISOString();
  }
  await record.change([{ from: [status], to, patch }], async (tx) => {
    if (through && what === 'swap') await recordFence(tx, facts);
    if (through && what === 'swap_back') await returnFences(tx, facts, raised);
    await record.auditIn(
      tx,
      status === 'unknown'
        ? 'restore.settle'
        : what === 'swap'
          ? 'restore.swap'
          : 'restore.swap_back',
      through ? 'done' : 'failed',
      {
        inPlace: through === (what === 'swap') ? 'restored' : 'former',
        way: facts.row.way,
        ...(facts.row.schemas && { schemas: facts.row.schemas.map(({ name }) => name) }),
        ...(facts.row.safetyBackupId !== null && {
          safetyBackup: backupLabel(facts.row.safetyBackupId),
        }),
        sessionsEnded: attempt.sessionsEnded,
        ...(attempt.notCarried.length > 0 && { notCarried: attempt.notCarried }),
        ...(attempt.putBack && { putBack: true }),
        ...(message && { message }),
      },
    );
  });
}

const INTERRUPTED =
  'The executor ended in the middle. Nothing was renamed; start it again when you are ready.';

/** One guard stands on a target: the one that came with the restored database, where one did. */
async function recordFence(tx: Ctx, { row }: RestoreFacts): Promise<void> {
  const { evidence } = row;
  if (!evidence?.fence || evidence.headTag === null) return;
  await tx.db
    .update(fences)
    .set({ releasedAt: NOW })
    .where(and(eq(fences.target, row.target), isNull(fences.releasedAt)));
  await tx.db.insert(fences).values({
    target: row.target,
    restoreId: row.id,
    headTag: evidence.headTag,
    kind: evidence.fence.kind,
    why: evidence.fence.why,
  });
}

/** The restored database's guard went with it; the former database's stands again, if it had one. */
async function returnFences(tx: Ctx, { row }: RestoreFacts, raised: number | null): Promise<void> {
  await tx.db
    .update(fences)
    .set({ releasedAt: NOW })
    .where(and(eq(fences.restoreId, row.id), isNull(fences.releasedAt)));
  if (raised === null) return;
  await tx.db
    .update(fences)
    .set({
      releasedAt: null,
      raisedAt: sql`clock_timestamp()`,
      releaseRequestedAt: null,
      releaseRequestedBy: null,
    })
    .where(and(eq(fences.rollbackId, raised), sql`${fences.releasedAt} IS NOT NULL`));
}

/** The rollback whose fence stands in the database that is back; null when none does, or it can't be asked. */
async function fenceOfTarget({ target }: RestoreFacts): Promise<number | null> {
  try {
    const fence = await withTarget(target, 'write', (client) => readFence(client, target.tracking));
    return (fence?.rollback ? parseRollbackLabel(fence.rollback) : undefined) ?? null;
  } catch {
    // It stands all the same; its page then says that it was released, and who boots meets it.
    return null;
  }
}
