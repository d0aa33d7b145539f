import type { Ctx } from '@/lib/control';
import { can, whyNot } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { type Action, findAction } from './actions';
import { inputProblem } from './input-problem';
import { readBody } from './read-body';
import { auditRefusal } from './refusals';
import type { RequestDeps } from './request-deps';
import { originProblem } from './request-origin';
import { answer, failure, refuse } from './respond';

/**
 * One change asked for over HTTP. In this order, so that nothing is told to those who may not know:
 * the origin, the session, the action, the permission, the input, the verb. A refusal of somebody who
 * is signed in is in the history, in a transaction of its own, as that of the verb is undone.
 */
export async function performAction(
  request: Request,
  name: string,
  deps: RequestDeps,
): Promise<Response> {
  try {
    const foreign = originProblem(request, deps.publicUrl());
    const actor = await deps.caller({ touch: !foreign });
    if (!actor) {
      if (foreign) return refuse('forbidden', foreign);
      return refuse('not_signed_in', 'Your session has ended. Sign in again.');
    }
    const ctx = await deps.context(actor);
    const action = findAction(name);
    if (foreign) {
      const refusal = new BackstepError('forbidden', foreign);
      await auditRefusal(ctx, { action: action ? name : 'unknown', body: undefined, refusal });
      throw refusal;
    }
    if (!action) return refuse('not_found', `There is no action '${name}'.`);
    return answer({ ok: true, value: (await perform(ctx, request, name, action)) ?? null }, 200);
  } catch (cause) {
    return failure(cause);
  }
}

async function perform(
  ctx: Ctx,
  request: Request,
  name: string,
  action: Action<unknown>,
): Promise<unknown> {
  let body: unknown;
  try {
    if (!can(ctx.actor, action.permission)) {
      // Only to say in the history what it was about; a body that can't be read says nothing.
      body = await readBody(request).catch(() => undefined);
      const reason = whyNot(ctx.actor, action.permission) ?? '';
      throw new BackstepError('forbidden', `You may not do this. ${reason}`);
    }
    body = await readBody(request);
    const parsed = action.input.safeParse(body);
    if (!parsed.success) throw new BackstepError('invalid_input', inputProblem(parsed.error));
    return await action.verb(ctx, parsed.data);
  } catch (cause) {
    if (cause instanceof BackstepError) {
      await auditRefusal(ctx, { action: name, body, refusal: cause });
    }
    throw cause;
  }
}
