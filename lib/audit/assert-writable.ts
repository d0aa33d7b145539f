import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { ADVISORY_LOCKS, tables } from '@/lib/control';
import type { AuditInput } from './append-audit';
import { GENESIS_HASH } from './audit-record';
import { AUDIT_HEAD_KEY } from './chain-head';

const { auditLog, settings } = tables;

const DIALECT = new PgDialect();

/** Tells a refusal of the history from one of what was sent along with the try. */
const MARK = 'backstep_history';

/** What the try ends itself with, so that nothing of it stays. */
const UNDO = 'BS002';

/**
 * Tries whether an audit row could be written now, and undoes it again. Sent before something becomes
 * final elsewhere whose audit row can only be written afterwards. It is one statement, to go in the
 * message of what has to be written then anyway, and writes a row that no chain has: locks of the
 * target are held meanwhile. For an error see `refusedByHistory`.
 */
export function tryHistorySql({ action, outcome }: Pick<AuditInput, 'action' | 'outcome'>): SQL {
  const text = pg.escapeLiteral;
  const { sql: log } = DIALECT.sqlToQuery(sql`${auditLog}`);
  const { sql: kept } = DIALECT.sqlToQuery(sql`${settings}`);
  // A block with EXCEPTION is a subtransaction: what it has done and locked is undone with it.
  const block = `
    BEGIN
      PERFORM pg_advisory_xact_lock(${ADVISORY_LOCKS.auditChain});
      INSERT INTO ${log} (seq, at, actor_id, actor_name, actor_role, action, outcome, payload,
        request_id, prev_hash, hash)
      VALUES (0, clock_timestamp(), '', '', 'system', ${text(action)}, ${text(outcome)}, '{}', '',
        ${text(GENESIS_HASH)}, ${text(GENESIS_HASH)});
      INSERT INTO ${kept} (key, value) VALUES (${text(AUDIT_HEAD_KEY)}, '{}')
      ON CONFLICT (key) DO UPDATE SET value = excluded.value;
      RAISE EXCEPTION USING ERRCODE = ${text(UNDO)};
    EXCEPTION
      WHEN SQLSTATE ${text(UNDO)} THEN NULL;
      WHEN OTHERS THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM, HINT = ${text(MARK)};
    END`;
  return sql.raw(`DO ${text(block)}`);
}

/** Whether it was `tryHistorySql` that failed, of all that went in one message. */
export function refusedByHistory(cause: unknown): boolean {
  const reason = cause instanceof Error ? cause.cause : undefined;
  return reason instanceof pg.DatabaseError && reason.hint === MARK;
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
