import { eq } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { type Ctx, inTransaction, tables } from '@/lib/control';
import type { BackstepError, ErrorCode } from '@/lib/core/errors';
import { parseRollbackLabel } from '@/lib/core/rollback';

/** Refusals that somebody may want to read about later; a typing mistake is none. */
const AUDITED: ReadonlySet<ErrorCode> = new Set([
  'forbidden',
  'gate_closed',
  'conflict',
  'plan_refused',
  'plan_stale',
]);

/**
 * Writes down that something was refused, when it is more than a typing mistake.
 * @param refused.body what was sent, as far as it is known: it names the rollback or the target
 */
export async function auditRefusal(
  ctx: Ctx,
  refused: { action: string; body: unknown; refusal: BackstepError },
): Promise<void> {
  const { code, message } = refused.refusal;
  if (!AUDITED.has(code)) return;
  await inTransaction(ctx, async (tx) =>
    appendAudit(tx, {
      action: 'action.refused',
      ...(await aboutWhat(tx, refused.body)),
      outcome: 'refused',
      payload: { action: refused.action, code, message },
    }),
  );
}

/** Only what is known of here: the history is no place for whatever somebody sends. */
async function aboutWhat(
  tx: Ctx,
  body: unknown,
): Promise<{ subject?: string; target?: string } | undefined> {
  const { rollback, target } = (body ?? {}) as { rollback?: unknown; target?: unknown };
  const id = typeof rollback === 'string' ? parseRollbackLabel(rollback) : undefined;
  if (typeof rollback === 'string' && id !== undefined) {
    const [row] = await tx.db
      .select({ target: tables.rollbacks.target })
      .from(tables.rollbacks)
      .where(eq(tables.rollbacks.id, id));
    return { subject: rollback, ...row };
  }
  const known = tx.config.targets.find(({ name }) => name === target);
  return known && { target: known.name };
}
