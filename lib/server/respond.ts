import { randomUUID } from 'node:crypto';
import type { Ctx } from '@/lib/control';
import { can, type Permission, whyNot } from '@/lib/core/actor';
import { type ActionResult, BackstepError, type ErrorCode } from '@/lib/core/errors';
import { auditRefusal } from './refusals';
import type { Person, RequestDeps } from './request-deps';
import { logger } from './runtime';

const NO_STORE = { 'Cache-Control': 'no-store' };

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

/**
 * A reading route: who asks, may they, what is it. Pages ask again and again by themselves, with nobody
 * before them, so reading keeps no session awake.
 */
export async function respond(
  deps: RequestDeps,
  permission: Permission,
  work: (ctx: Ctx, actor: Person) => Promise<unknown>,
): Promise<Response> {
  try {
    const actor = await deps.caller({ touch: false });
    if (!actor) return refuse('not_signed_in', 'Your session has ended. Sign in again.');
    const ctx = await deps.context(actor);
    if (!can(actor, permission)) {
      const refusal = new BackstepError(
        'forbidden',
        `You may not do this. ${whyNot(actor, permission) ?? ''}`,
      );
      await auditRefusal(ctx, { action: permission, body: undefined, refusal });
      throw refusal;
    }
    const value = await work(ctx, actor);
    return value instanceof Response ? value : Response.json(value, { headers: NO_STORE });
  } catch (cause) {
    return failure(cause);
  }
}
