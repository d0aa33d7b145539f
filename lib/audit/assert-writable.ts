import { sql } from 'drizzle-orm';
import pg from 'pg';
import { ADVISORY_LOCKS, type Ctx, tables } from '@/lib/control';
import type { AuditInput } from './append-audit';
import { GENESIS_HASH } from './audit-record';
import { AUDIT_HEAD_KEY } from './chain-head';

const { auditLog, settings } = tables;

/**
 * Tries whether an audit row could be written now, in a savepoint that is undone again. Called before
 * something becomes final elsewhere whose audit row can only be written afterwards. It goes in one
 * message, and writes a row that no chain has: locks of the target are held meanwhile.
 * @throws Error in words that a person can act on; the transaction is over then
 */
export async function assertHistoryWritable(
  tx: Ctx,
  { action, outcome }: Pick<AuditInput, 'action' | 'outcome'>,
): Promise<void> {
  const text = (value: string) => sql.raw(pg.escapeLiteral(value));
  try {
    await tx.db.execute(sql`
      SAVEPOINT backstep_history;
      SELECT pg_advisory_xact_lock(${sql.raw(String(ADVISORY_LOCKS.auditChain))});
      INSERT INTO ${auditLog} (seq, at, actor_id, actor_name, actor_role, action, outcome, payload,
        request_id, prev_hash, hash)
      VALUES (0, clock_timestamp(), '', '', 'system', ${text(action)}, ${text(outcome)}, '{}', '',
        ${text(GENESIS_HASH)}, ${text(GENESIS_HASH)});
      INSERT INTO ${settings} (key, value) VALUES (${text(AUDIT_HEAD_KEY)}, '{}')
      ON CONFLICT (key) DO UPDATE SET value = excluded.value;
      ROLLBACK TO SAVEPOINT backstep_history;
      RELEASE SAVEPOINT backstep_history`);
  } catch (cause) {
    throw historyUnwritable(cause);
  }
}

/** What is told when the history refuses a row: nothing happens that could not be recorded. */
export function historyUnwritable(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.cause : undefined;
  const { message } = reason instanceof Error ? reason : (cause as Error);
  return new Error(
    `The history can’t be written: ${message}. Let Backstep’s role insert into backstep.audit_log again.`,
    { cause },
  );
}
