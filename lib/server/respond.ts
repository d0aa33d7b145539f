import { randomUUID } from 'node:crypto';
import { appendAudit } from '@/lib/audit';
import { actorOfRequest } from '@/lib/auth/next';
import { type Ctx, inTransaction } from '@/lib/control';
import { type Actor, type Permission, requirePermission } from '@/lib/core/actor';
import { type ActionResult, BackstepError, type ErrorCode } from '@/lib/core/errors';
import { contextFor, logger } from './runtime';

const NO_STORE = { 'Cache-Control': 'no-store' };

/** Refusals that somebody may want to read about later; a typing mistake is none. */
const AUDITED: ReadonlySet<ErrorCode> = new Set(['forbidden', 'gate_closed', 'conflict']);

export function answer<T>(result: ActionResult<T>, status: number): Response {
  return Response.json(result, { status, headers: NO_STORE });
}

export function refuse(code: ErrorCode, message: string): Response {
  const error = new BackstepError(code, message);
  return answer({ ok: false, code, message }, error.httpStatus);
}

/** The one converter from what was thrown to what is answered. A fault is logged under an id. */
export function failure(cause: unknown): Response {
  if (cause instanceof BackstepError) {
    const { code, message } = cause;
    return answer({ ok: false, code, message }, cause.httpStatus);
  }
  const id = randomUUID().slice(0, 8);
  logger().error({ err: cause, id }, 'a request failed');
  const message = `Something failed that should not. The server's log has it under ${id}.`;
  return answer({ ok: false, code: 'fault', message, id }, 500);
}

/** Writes down that something was refused; in a transaction of its own, as the refused one is undone. */
export async function auditRefusal(
  ctx: Ctx,
  refused: { action: string; subject: string | undefined; code: string; message: string },
): Promise<void> {
  await inTransaction(ctx, (tx) =>
    appendAudit(tx, {
      action: 'action.refused',
      ...(refused.subject === undefined ? {} : { subject: refused.subject }),
      outcome: 'refused',
      payload: { action: refused.action, code: refused.code, message: refused.message },
    }),
  );
}

export function isAudited(code: ErrorCode): boolean {
  return AUDITED.has(code);
}

/** A reading route: who asks, may they, what is it. */
export async function read(
  permission: Permission,
  work: (ctx: Ctx, actor: Extract<Actor, { kind: 'user' }>) => Promise<unknown>,
): Promise<Response> {
  try {
    const actor = await actorOfRequest();
    if (!actor) return refuse('not_signed_in', 'Your session has ended. Sign in again.');
    requirePermission(actor, permission);
    const value = await work(await contextFor(actor), actor);
    return value instanceof Response ? value : Response.json(value, { headers: NO_STORE });
  } catch (cause) {
    return failure(cause);
  }
}
