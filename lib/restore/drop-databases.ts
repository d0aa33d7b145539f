import { and, eq, or, sql } from 'drizzle-orm';
import type pg from 'pg';
import { type Ctx, installationId, tables } from '@/lib/control';
import { restoreDatabaseNames } from '@/lib/core/restore';
import { appendRestoreEvent, NOW } from './change-status';
import { dropCopy, dropDatabase, markOf } from './create-copy';
import { databaseByName, databaseByOid, placeOf } from './databases';
import { dropKeptSchemas, dropSchemaCopy } from './in-place/drop-schemas';
import { openInPlace, openMaintenance } from './maintenance';
import { moveOf } from './moves';
import { sentenceOf } from './perform-swap';
import { loadRestore, type RestoreFacts } from './restore-facts';
import { inStatus, ownRestore, RestoreLostError, RestoreRecord } from './restore-record';
import { setDoors } from './swap-names';

const { restores } = tables;

/** Drops the restored database of a restore that was cancelled or rejected; the executor's part. */
export async function performDropOfNew(
  ctx: Ctx,
  restoreId: number,
  deps: { executorId: string },
): Promise<void> {
  await own(
    ctx,
    restoreId,
    deps.executorId,
    sql`${inStatus('cancelled', 'rejected')} AND ${restores.newDroppedAt} IS NULL`,
    async (record, facts) => {
      const dropped =
        facts.row.way === 'in_place'
          ? await dropNewSchemas(ctx, record, facts)
          : await dropNewDatabase(ctx, record, facts);
      await record.change([], async (tx) => {
        await record.patchIn(tx, {
          newDroppedAt: NOW,
          message: null,
          executorId: null,
          heartbeatAt: null,
        });
        await record.auditIn(tx, 'restore.drop_new', 'done', dropped);
      });
    },
    async (record, message) => {
      await record.change([], async (tx) => {
        await record.patchIn(tx, { message, executorId: null, heartbeatAt: null });
        await record.auditIn(tx, 'restore.drop_new', 'failed', { message });
      });
    },
  );
}

/** Drops the database that was swapped out; the executor's part. A failure may be repeated by a person. */
export async function performDropOfFormer(
  ctx: Ctx,
  restoreId: number,
  deps: { executorId: string },
): Promise<void> {
  await own(
    ctx,
    restoreId,
    deps.executorId,
    sql`${inStatus('swapped', 'swapped_back')} AND ${restores.formerDropRequestedAt} IS NOT NULL
        AND ${restores.formerDroppedAt} IS NULL AND ${restores.formerDropError} IS NULL`,
    async (record, facts) => {
      const dropped =
        facts.row.way === 'in_place'
          ? await dropKeptSet(ctx, record, facts)
          : { database: await dropKept(ctx, record, facts) };
      await record.change([], async (tx) => {
        await record.patchIn(tx, { formerDroppedAt: NOW, executorId: null, heartbeatAt: null });
        await appendRestoreEvent(tx, restoreId, 'former.dropped', dropped);
        await record.auditIn(tx, 'restore.drop_former', 'done', dropped);
      });
    },
    async (record, message) => {
      await record.change([], async (tx) => {
        await record.patchIn(tx, {
          formerDropError: message,
          executorId: null,
          heartbeatAt: null,
        });
        await record.auditIn(tx, 'restore.drop_former', 'failed', { message });
      });
    },
  );
}

type Dropped = { database: string } | { schemas: string[] };

async function dropNewDatabase(
  ctx: Ctx,
  record: RestoreRecord,
  { row, target }: RestoreFacts,
): Promise<Dropped> {
  const name = row.newDatabase ?? restoreDatabaseNames(row.presentDatabase, row).restored;
  const session = await openMaintenance(ctx, target, row, record.owner);
  try {
    await record.failOpenIntents();
    const mark = markOf(await installationId(ctx), record.label);
    if (!(await dropCopy(record, session, target, { oid: row.newOid, name }, mark)))
      throw new Error(
        `${name} does not say that this restore has made it and nobody uses it. It was left alone; drop it by hand if nobody needs it.`,
      );
    return { database: name };
  } finally {
    await session.close();
  }
}

async function dropNewSchemas(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
): Promise<Dropped> {
  const session = await openInPlace(ctx, facts.target, facts.row, record.owner);
  try {
    await record.failOpenIntents();
    const left = await dropSchemaCopy(record, session.client, facts);
    if (left) throw new Error(left);
    return { schemas: (facts.row.schemas ?? []).map(({ restored }) => restored) };
  } finally {
    await session.close();
  }
}

async function dropKeptSet(ctx: Ctx, record: RestoreRecord, facts: RestoreFacts): Promise<Dropped> {
  const session = await openInPlace(ctx, facts.target, facts.row, record.owner);
  try {
    await record.failOpenIntents();
    return { schemas: await dropKeptSchemas(record, session.client, facts) };
  } finally {
    await session.close();
  }
}

/** @returns the name of the database that is gone */
async function dropKept(ctx: Ctx, record: RestoreRecord, facts: RestoreFacts): Promise<string> {
  const { row, target } = facts;
  const move = moveOf(row, row.status === 'swapped' ? 'swap' : 'swap_back');
  const session = await openMaintenance(ctx, target, row, record.owner);
  try {
    const { client } = session;
    await record.failOpenIntents();
    const place = await placeOf(client, move);
    if (place.kind === 'before' || place.kind === 'nobody')
      throw new Error(
        `${move.outgoing.becomes} has the target’s name: it is what the target is served from, and is not dropped.`,
      );
    if (place.kind === 'elsewhere') await requireKnownHolder(ctx, client, row);
    const kept = await databaseByOid(client, move.outgoing.oid);
    if (!kept) return move.outgoing.becomes;
    if (kept.name !== move.outgoing.becomes)
      throw new Error(
        `The database was renamed by hand to ${kept.name}. Drop it by hand if nobody needs it.`,
      );
    try {
      await record.act('drop_former', 'drop_database', kept.name, () => dropDatabase(client, kept));
    } catch (cause) {
      // It stays, so it can be read and swapped back as before.
      await setDoors(client, kept, true).catch(() => undefined);
      throw cause;
    }
    return kept.name;
  } finally {
    await session.close();
  }
}

/**
 * After a later restore another database serves. One that no restore knows has come by hand, and may be
 * empty: then what is kept may be all that there is.
 */
async function requireKnownHolder(
  ctx: Ctx,
  client: pg.Client,
  { target, presentDatabase }: RestoreFacts['row'],
): Promise<void> {
  const holder = await databaseByName(client, presentDatabase);
  const known =
    holder !== null &&
    (await ctx.db.$count(
      restores,
      and(
        eq(restores.target, target),
        or(eq(restores.newOid, holder.oid), eq(restores.presentOid, holder.oid)),
      ),
    )) > 0;
  if (known) return;
  throw new Error(
    `${holder ? `The name ${presentDatabase} belongs to a database that no restore knows (object id ${holder.oid})` : `No database is called ${presentDatabase}`}: what is kept may be all that there is of the target. Look at the databases, and drop it by hand if nobody needs it.`,
  );
}

async function own(
  ctx: Ctx,
  restoreId: number,
  executorId: string,
  which: Parameters<typeof ownRestore>[3],
  work: (record: RestoreRecord, facts: RestoreFacts) => Promise<void>,
  failed: (record: RestoreRecord, message: string) => Promise<void>,
): Promise<void> {
  const owner = await ownRestore(ctx, restoreId, executorId, which);
  if (!owner) return;
  const record = new RestoreRecord(ctx, owner);
  const facts = await loadRestore(ctx, restoreId);
  record.start();
  try {
    await work(record, facts);
  } catch (cause) {
    if (cause instanceof RestoreLostError) return;
    await failed(record, `It could not be dropped: ${sentenceOf(facts, cause)}`);
  } finally {
    record.close();
  }
}
