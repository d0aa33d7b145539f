import { resumeSession } from '@/lib/auth';
import { actorOfRequest, sessionOfRequest } from '@/lib/auth/next';
import type { Ctx } from '@/lib/control';
import type { Permission } from '@/lib/core/actor';
import type { StreamDeps } from './message-stream';
import type { Person, RequestDeps } from './request-deps';
import { respond } from './respond';
import { contextFor, eventHub, logger, publicUrl } from './runtime';

/** A request as Next's scope knows it: its cookies hold the session. */
export const nextRequest: RequestDeps = {
  caller: actorOfRequest,
  context: contextFor,
  publicUrl,
};

/** `respond` within Next's request. */
export function read(
  permission: Permission,
  work: (ctx: Ctx, actor: Person) => Promise<unknown>,
): Promise<Response> {
  return respond(nextRequest, permission, work);
}

/** What an open stream needs of this request. */
export async function streamDeps(ctx: Pick<Ctx, 'db'>): Promise<StreamDeps> {
  const sid = (await sessionOfRequest()) ?? '';
  return {
    hub: eventHub(),
    log: logger(),
    // An open stream is no use by a person: it does not keep the session awake.
    isSignedIn: async () => (await resumeSession(ctx, sid, { touch: false })) !== undefined,
  };
}
