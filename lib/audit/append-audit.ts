import { is, type SQL, sql } from 'drizzle-orm';
import { PgTransaction } from 'drizzle-orm/pg-core';
import { ADVISORY_LOCKS, type Answer, type Ctx, executeTogether, tables } from '@/lib/control';
import type { AuditAction } from '@/lib/core/audit-actions';
import { toStorable } from '@/lib/core/storable-text';
import type { AuditOutcome } from '@/lib/core/views';
import { type AuditRecord, GENESIS_HASH, hashOf } from './audit-record';
import { AUDIT_HEAD_KEY, type ChainHead } from './chain-head';

const { auditLog, settings } = tables;

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
 * does not happen either. Appends take turns on an advisory lock until their transaction ends, so take
 * row locks before.
 * @throws Error outside of a transaction: the lock would be gone before the row is written
 */
export async function appendAudit(ctx: Ctx, input: AuditInput): Promise<void> {
  if (!is(ctx.db, PgTransaction)) throw new Error('an audit row is written in a transaction');
  const end = await executeTogether(ctx, chainEndSql());
  await ctx.db.execute(appendAuditSql(ctx, end, input));
}

/**
 * Takes the lock, until the end of the transaction; then reads the newest row and the time, by a statement
 * that sees what was before the lock.
 */
export const chainEndSql = (): [SQL, SQL] => [
  sql`SELECT pg_advisory_xact_lock(${sql.raw(String(ADVISORY_LOCKS.auditChain))})`,
  sql`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
           l.seq::text AS seq, l.hash
    FROM (SELECT) AS always
    LEFT JOIN (SELECT seq, hash FROM ${auditLog} ORDER BY seq DESC LIMIT 1) AS l ON true`,
];

/**
 * The row as a statement, for whoever sends it along with others in the transaction that holds the lock.
 * @param end answers to `chainEndSql`
 */
export function appendAuditSql(
  { actor, requestId }: Pick<Ctx, 'actor' | 'requestId'>,
  end: readonly Answer[],
  input: AuditInput,
): SQL {
  const { at, last } = readEnd(end);
  // What PostgreSQL gives back is what has to be hashed. It keeps no undefined, and a text that it
  // would change, from whoever types an odd e-mail, would break the chain for good.
  const record: AuditRecord = toStorable({
    seq: (last?.seq ?? 0) + 1,
    at,
    actorId: actor.id,
    actorName: actor.name,
    actorRole: actor.kind === 'user' ? actor.role : actor.kind,
    action: input.action,
    subject: input.subject ?? null,
    target: input.target ?? null,
    outcome: input.outcome,
    payload: JSON.parse(JSON.stringify(input.payload ?? {})) as Record<string, unknown>,
    requestId,
    prevHash: last?.hash ?? GENESIS_HASH,
  });
  const hash = hashOf(record);
  const head: ChainHead = { seq: record.seq, hash };
  return sql`
    WITH written AS (
      INSERT INTO ${auditLog} (seq, at, actor_id, actor_name, actor_role, action, subject, target,
        outcome, payload, request_id, prev_hash, hash)
      VALUES (${record.seq}, ${record.at}, ${record.actorId}, ${record.actorName}, ${record.actorRole},
        ${record.action}, ${record.subject}, ${record.target}, ${record.outcome},
        ${JSON.stringify(record.payload)}::jsonb, ${record.requestId}, ${record.prevHash}, ${hash})
    )
    INSERT INTO ${settings} (key, value) VALUES (${AUDIT_HEAD_KEY}, ${JSON.stringify(head)}::jsonb)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
}

function readEnd(end: readonly Answer[]): { at: string; last: ChainHead | undefined } {
  const row = end[1]?.rows[0] as
    | { at: string; seq: string | null; hash: string | null }
    | undefined;
  if (!row) throw new Error('the control database did not tell its time');
  const { at, seq, hash } = row;
  return { at, last: seq === null || hash === null ? undefined : { seq: Number(seq), hash } };
}
