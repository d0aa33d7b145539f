import { createFirstAdmin, createFirstAdminInput } from '@/lib/auth';
import { ANONYMOUS } from '@/lib/core/actor';
import { readBody, refuseForm } from '@/lib/server/perform-action';
import { answer, failure, refuse } from '@/lib/server/respond';
import { contextFor } from '@/lib/server/runtime';

/** The one change that nobody has to be signed in for: its token stands for that. */
export async function POST(request: Request): Promise<Response> {
  const malformed = await refuseForm(request);
  if (malformed) return malformed;
  try {
    const input = createFirstAdminInput.safeParse(await readBody(request));
    if (!input.success) {
      return refuse('invalid_input', input.error.issues.map((issue) => issue.message).join(' '));
    }
    await createFirstAdmin(await contextFor(ANONYMOUS), input.data);
    return answer({ ok: true, value: null }, 200);
  } catch (cause) {
    return failure(cause);
  }
}
