import { actorOfRequest } from '@/lib/auth/next';
import type { Ctx } from '@/lib/control';
import type { Permission } from '@/lib/core/actor';
import type { Person, RequestDeps } from './request-deps';
import { respond } from './respond';
import { contextFor, publicUrl } from './runtime';

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
