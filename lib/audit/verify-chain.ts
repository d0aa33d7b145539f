import { asc, eq, gt } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { AUDIT_HEAD_KEY } from './append-audit';
import { GENESIS_HASH, hashOf, isoOf } from './audit-record';

const { auditLog, settings } = tables;

const BATCH = 1_000;

export interface ChainVerdict {
  ok: boolean;
  /** Rows that were looked at. */
  count: number;
  lastSeq: number;
  lastHash: string;
  /** The first row that is not as it was written. */
  brokenAt?: { seq: number; why: string };
}

/**
 * Computes every hash anew, in one consistent snapshot. An edited row has another hash, a removed one
 * leaves a gap, and a cut-off end differs from the head that is kept beside the chain. Somebody who can
 * write every table could compute the whole chain anew; only a hash kept elsewhere shows that.
 */
export function verifyChain(ctx: Ctx): Promise<ChainVerdict> {
  return ctx.db.transaction((db) => verify({ db }), {
    isolationLevel: 'repeatable read',
    accessMode: 'read only',
  });
}

async function verify(ctx: Pick<Ctx, 'db'>): Promise<ChainVerdict> {
  let seq = 0;
  let prevHash = GENESIS_HASH;
  const verdict = (why?: string): ChainVerdict => ({
    ok: why === undefined,
    count: seq,
    lastSeq: seq,
    lastHash: prevHash,
    ...(why === undefined ? {} : { brokenAt: { seq: seq + 1, why } }),
  });
  for (;;) {
    const rows = await ctx.db
      .select()
      .from(auditLog)
      .where(gt(auditLog.seq, seq))
      .orderBy(asc(auditLog.seq))
      .limit(BATCH);
    for (const { hash, ...row } of rows) {
      if (row.seq !== seq + 1) return verdict(`Row ${seq + 1} is missing.`);
      if (row.prevHash !== prevHash)
        return verdict(`Row ${row.seq} does not follow the one before.`);
      if (hashOf({ ...row, at: isoOf(row.at) }) !== hash)
        return verdict(`Row ${row.seq} was changed after it was written.`);
      seq = row.seq;
      prevHash = hash;
    }
    if (rows.length < BATCH) break;
  }
  const [head] = await ctx.db
    .select({ value: settings.value })
    .from(settings)
    .where(eq(settings.key, AUDIT_HEAD_KEY));
  const kept = head?.value as { seq: number; hash: string } | undefined;
  if ((kept?.seq ?? 0) > seq)
    return verdict(`Rows ${seq + 1} to ${kept?.seq} were removed from the end.`);
  if (kept && (kept.seq !== seq || kept.hash !== prevHash))
    return verdict('The end of the chain is not the one that was written last.');
  return verdict();
}
