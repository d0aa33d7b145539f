import { type Ctx, inTransaction } from '@/lib/control';
import type { AuditInput } from './append-audit';
import { appendAudit } from './append-audit';

class Undo extends Error {}

/**
 * Tries whether an audit row could be written now, in a savepoint that is undone again. Called before
 * something becomes final elsewhere whose audit row can only be written afterwards.
 * @throws Error in words that a person can act on
 */
export async function assertHistoryWritable(tx: Ctx, row: AuditInput): Promise<void> {
  try {
    await inTransaction(tx, async (inner) => {
      await appendAudit(inner, row);
      throw new Undo();
    });
  } catch (cause) {
    if (!(cause instanceof Undo)) throw historyUnwritable(cause);
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
