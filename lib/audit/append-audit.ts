import { sql } from 'drizzle-orm';
import { ADVISORY_LOCKS, type Ctx, tables } from '@/lib/control';
import type { AuditAction } from '@/lib/core/audit-actions';
import type { AuditOutcome } from '@/lib/core/views';
import { type AuditRecord, GENESIS_HASH, hashOf, isoOf } from './audit-record';

const { auditLog, settings } = tables;

/** Key in `settings` under which the newest row's number and hash are kept a second time. */
export const AUDIT_HEAD_KEY = 'audit_head';

export interface AuditInput {
  action: AuditAction;
  /** `RB-0001`, a person's e-mail: what the act was about. */
  subject?: string;
  target?: string;
  outcome: AuditOutcome;
  /** Plain facts, never a secret. */
  payload?: Record<string, unknown>;
}

/**
 * Appends one row to the chain, in the caller's transaction: if it can't be written, what it tells of
 * does not happen either. Appends take turns on an advisory lock until their transaction ends.
 */
export async function appendAudit(ctx: Ctx, input: AuditInput): Promise<void> {
  await ctx.db.execute(sql`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.auditChain})`);
  const last = await ctx.db.execute<{ last_seq: string; hash: string }>(
    sql`SELECT seq AS last_seq, hash FROM ${auditLog} ORDER BY seq DESC LIMIT 1`,
  );
  const clock = await ctx.db.execute<{ now: Date | string }>(
    sql`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`,
  );
  const now = clock.rows[0]?.now;
  if (now === undefined) throw new Error('the control database did not tell its time');
  const { actor } = ctx;
  const record: AuditRecord = {
    seq: Number(last.rows[0]?.last_seq ?? 0) + 1,
    at: isoOf(now),
    actorId: actor.id,
    actorName: actor.name,
    actorRole: actor.kind === 'user' ? actor.role : actor.kind,
    action: input.action,
    subject: input.subject ?? null,
    target: input.target ?? null,
    outcome: input.outcome,
    // What jsonb gives back is what has to be hashed: undefined fields are gone there.
    payload: JSON.parse(JSON.stringify(input.payload ?? {})) as Record<string, unknown>,
    requestId: ctx.requestId,
    prevHash: last.rows[0]?.hash ?? GENESIS_HASH,
  };
  const hash = hashOf(record);
  await ctx.db.insert(auditLog).values({ ...record, hash });
  const head = { seq: record.seq, hash };
  await ctx.db
    .insert(settings)
    .values({ key: AUDIT_HEAD_KEY, value: head })
    .onConflictDoUpdate({ target: settings.key, set: { value: head } });
}
