import { actorOfRequest } from '@/lib/auth/next';
import { can } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { findAction } from './actions';
import { answer, auditRefusal, failure, isAudited, refuse } from './respond';
import { contextFor, publicUrl } from './runtime';

/** Longer than any reason or comment, shorter than anything that hurts. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * One change asked for over HTTP. In this order, so that nothing is told to those who may not know:
 * the request's form and origin, the session, the action, the permission, the input, the verb.
 */
export async function performAction(request: Request, name: string): Promise<Response> {
  const malformed = await refuseForm(request);
  if (malformed) return malformed;
  const actor = await actorOfRequest();
  if (!actor) return refuse('not_signed_in', 'Your session has ended. Sign in again.');
  const action = findAction(name);
  if (!action) return refuse('not_found', `There is no action '${name}'.`);
  try {
    const ctx = await contextFor(actor);
    const body = await readBody(request);
    const subject = subjectOf(body);
    try {
      if (!can(actor, action.permission)) {
        throw new BackstepError('forbidden', 'Your role may not do this.');
      }
      const parsed = action.input.safeParse(body);
      if (!parsed.success) {
        const message = [...new Set(parsed.error.issues.map((issue) => issue.message))].join(' ');
        throw new BackstepError('invalid_input', message);
      }
      return answer({ ok: true, value: (await action.verb(ctx, parsed.data)) ?? null }, 200);
    } catch (cause) {
      if (cause instanceof BackstepError && isAudited(cause.code)) {
        const { code, message } = cause;
        await auditRefusal(ctx, { action: name, subject, code, message });
      }
      throw cause;
    }
  } catch (cause) {
    return failure(cause);
  }
}

/** A form of another site can send neither this Origin nor JSON. */
export async function refuseForm(request: Request): Promise<Response | undefined> {
  const origin = request.headers.get('origin');
  const host = request.headers.get('host');
  const own = new Set([publicUrl(), `http://${host}`]);
  if (origin === null || !own.has(origin)) {
    return refuse('forbidden', 'This request does not come from Backstep’s own pages.');
  }
  if (!/^application\/json\b/.test(request.headers.get('content-type') ?? '')) {
    return refuse('invalid_input', 'Send JSON.');
  }
  return undefined;
}

export async function readBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw new BackstepError('invalid_input', 'This is too long.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new BackstepError('invalid_input', 'This is not JSON.');
  }
}

function subjectOf(body: unknown): string | undefined {
  const rollback = (body as { rollback?: unknown } | null)?.rollback;
  return typeof rollback === 'string' && /^RB-\d{4,9}$/.test(rollback) ? rollback : undefined;
}
