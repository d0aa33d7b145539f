import { createFirstAdmin, createFirstAdminInput } from '@/lib/auth';
import { ANONYMOUS } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import { inputProblem } from './input-problem';
import { readBody } from './read-body';
import type { RequestDeps } from './request-deps';
import { originProblem } from './request-origin';
import { answer, failure } from './respond';

/** The one change that nobody has to be signed in for: its token stands for that. */
export async function performSetup(
  request: Request,
  deps: Pick<RequestDeps, 'context' | 'publicUrl'>,
): Promise<Response> {
  try {
    const foreign = originProblem(request, deps.publicUrl());
    if (foreign) throw new BackstepError('forbidden', foreign);
    const input = createFirstAdminInput.safeParse(await readBody(request));
    if (!input.success) throw new BackstepError('invalid_input', inputProblem(input.error));
    await createFirstAdmin(await deps.context(ANONYMOUS), input.data);
    return answer({ ok: true, value: null }, 200);
  } catch (cause) {
    return failure(cause);
  }
}
