import { BackstepError } from '@/lib/core/errors';
import type { RequestDeps } from './request-deps';
import { originProblem } from './request-origin';
import { failure } from './respond';

/** A page says that its person is there, though nothing else was asked for: the session stays awake. */
export async function keepAwake(
  request: Request,
  deps: Pick<RequestDeps, 'caller' | 'publicUrl'>,
): Promise<Response> {
  try {
    const foreign = originProblem(request, deps.publicUrl());
    if (foreign) throw new BackstepError('forbidden', foreign);
    if (!(await deps.caller({ touch: true }))) {
      throw new BackstepError('not_signed_in', 'Your session has ended. Sign in again.');
    }
    return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
  } catch (cause) {
    return failure(cause);
  }
}
