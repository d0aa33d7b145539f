import { type Ctx, installationId } from '@/lib/control';
import { restoreDatabaseNames } from '@/lib/core/restore';
import { UNCLAIMED } from './change-status';
import { dropCopy, markOf } from './create-copy';
import { dropSchemaCopy } from './in-place/drop-schemas';
import { openInPlace, openMaintenance } from './maintenance';
import { sentenceOf } from './perform-swap';
import { loadRestore, type RestoreFacts } from './restore-facts';
import { RestoreLostError, type RestoreRecord } from './restore-record';

/** Writes down that it failed, and drops what was made of it where the server lets us. */
export async function failRestore(ctx: Ctx, record: RestoreRecord, failure: string): Promise<void> {
  const facts = await loadRestore(ctx, record.owner.restoreId);
  const { row, target } = facts;
  const left = await dropWhatIsLeft(ctx, record, facts);
  const message = left === null ? failure : `${failure} ${left}`;
  const gone = left === null ? { newOid: null, newDatabase: null, schemas: null } : {};
  const cancelled = row.cancelRequestedBy !== null;
  const patch = { ...UNCLAIMED, ...gone, message, progress: null };
  await record.change(
    [
      { from: ['restoring'], to: 'failed', patch },
      ...(cancelled ? [{ from: ['failed' as const], to: 'cancelled' as const }] : []),
    ],
    (tx) =>
      record.auditIn(
        tx,
        cancelled ? 'restore.cancel' : 'restore.finish',
        cancelled ? 'done' : 'failed',
        {
          message,
          target: target.name,
        },
      ),
  );
}

/** @returns why something is left, as a sentence; null when nothing is */
async function dropWhatIsLeft(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
): Promise<string | null> {
  try {
    return await (facts.row.way === 'in_place' ? dropSchemasMade : dropDatabaseMade)(
      ctx,
      record,
      facts,
    );
  } catch (cause) {
    if (cause instanceof RestoreLostError) throw cause;
    return `What was restored so far could not be dropped (${sentenceOf(facts, cause)}); starting again drops it.`;
  }
}

async function dropDatabaseMade(
  ctx: Ctx,
  record: RestoreRecord,
  { row, target }: RestoreFacts,
): Promise<string | null> {
  const name = restoreDatabaseNames(row.presentDatabase, row).restored;
  const session = await openMaintenance(ctx, target, row, record.owner);
  try {
    await record.failOpenIntents();
    const mark = markOf(await installationId(ctx), record.label);
    const dropped = await dropCopy(record, session, target, { oid: row.newOid, name }, mark);
    return dropped
      ? null
      : `A database called ${name} is on the server that this restore has not made; it was left alone.`;
  } finally {
    await session.close();
  }
}

async function dropSchemasMade(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
): Promise<string | null> {
  const session = await openInPlace(ctx, facts.target, facts.row, record.owner);
  try {
    await record.failOpenIntents();
    return await dropSchemaCopy(record, session.client, facts);
  } finally {
    await session.close();
  }
}
