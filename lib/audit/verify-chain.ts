import { asc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { ChainVerdict } from '@/lib/core/views';
import { type AuditRecord, GENESIS_HASH, hashOf } from './audit-record';
import { AUDIT_HEAD_KEY, chainHead } from './chain-head';

const { auditLog, settings } = tables;

const BATCH = 1_000;

/**
 * Computes every hash anew, in one consistent snapshot. An edited row has another hash, a removed one
 * leaves a gap, and a cut-off or replaced end differs from the head that is kept beside the chain.
 * Somebody who can write every table could compute the whole chain anew; only a hash kept elsewhere,
 * such as an export's last line, shows that.
 * @throws BackstepError `forbidden`
 */
export async function verifyChain(ctx: Ctx): Promise<ChainVerdict> {
  requirePermission(ctx.actor, 'history.verify');
  return await ctx.db.transaction((db) => verify({ db }), {
    isolationLevel: 'repeatable read',
    accessMode: 'read only',
  });
}

async function verify(ctx: Pick<Ctx, 'db'>): Promise<ChainVerdict> {
  let seq = 0;
  let prevHash = GENESIS_HASH;
  const verdict = (brokenAt?: ChainVerdict['brokenAt']): ChainVerdict => ({
    ok: brokenAt === undefined,
    count: seq,
    lastSeq: seq,
    lastHash: prevHash,
    ...(brokenAt ? { brokenAt } : {}),
  });
  for (;;) {
    const rows = await readRows(ctx, seq);
    for (const { hash, ...row } of rows) {
      const why = problemOfRow(row, hash, { seq, prevHash });
      if (why) return verdict({ seq: Math.min(row.seq, seq + 1), why });
      seq = row.seq;
      prevHash = hash;
    }
    if (rows.length < BATCH) break;
  }
  return verdict(await problemOfEnd(ctx, seq, prevHash));
}

function problemOfRow(
  row: AuditRecord,
  hash: string,
  before: { seq: number; prevHash: string },
): string | undefined {
  if (row.seq < 1) return `Row ${row.seq} was not written by Backstep.`;
  if (row.seq !== before.seq + 1) return `Row ${before.seq + 1} is missing.`;
  if (row.prevHash !== before.prevHash) return `Row ${row.seq} does not follow the one before.`;
  if (hashOf(row) !== hash) return `Row ${row.seq} was changed after it was written.`;
  return undefined;
}

/** Rows after `seq`, all at first, with the time to the microsecond: rounding it would hide an edit. */
async function readRows(ctx: Pick<Ctx, 'db'>, seq: number) {
  const rows = await ctx.db
    .select({
      ...getTableColumns(auditLog),
      at: sql<
        string | null
      >`to_char(${auditLog.at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    })
    .from(auditLog)
    .where(seq === 0 ? undefined : gt(auditLog.seq, seq))
    .orderBy(asc(auditLog.seq))
    .limit(BATCH);
  return rows.map((row) => ({ ...row, at: (row.at ?? '').replace(/000Z$/, 'Z') }));
}

/** Compares the last row with the head that every append keeps. */
async function problemOfEnd(
  ctx: Pick<Ctx, 'db'>,
  seq: number,
  hash: string,
): Promise<ChainVerdict['brokenAt']> {
  const [found] = await ctx.db
    .select({ value: settings.value })
    .from(settings)
    .where(eq(settings.key, AUDIT_HEAD_KEY));
  if (!found && seq === 0) return undefined;
  const { data: head } = chainHead.safeParse(found?.value);
  if (!head) {
    return { seq, why: 'The number and hash of the last row, kept beside the chain, are gone.' };
  }
  if (head.seq > seq) {
    const removed =
      head.seq === seq + 1 ? `Row ${head.seq} was` : `Rows ${seq + 1} to ${head.seq} were`;
    return { seq: seq + 1, why: `${removed} removed from the end.` };
  }
  if (head.seq < seq) {
    return { seq: head.seq + 1, why: `Row ${head.seq + 1} was not written by Backstep.` };
  }
  if (head.hash !== hash) return { seq, why: `Row ${seq} is not the one that was written last.` };
  return undefined;
}
