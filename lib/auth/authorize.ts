import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { Logger } from '@/lib/log';
import { signIn, signInInput } from './sign-in';

/**
 * What next-auth asks with the fields of the sign-in form. The message of what is thrown goes to the
 * browser as `error`, so it is a code and nothing else.
 * @returns null when the fields can't be an e-mail and a password
 */
export async function authorize(
  fields: Record<string, unknown> | undefined,
  userAgent: unknown,
  deps: { context(): Promise<Ctx>; log: Logger },
): Promise<{ id: string } | null> {
  const input = signInInput.safeParse({
    email: fields?.email,
    password: fields?.password,
    userAgent: typeof userAgent === 'string' ? userAgent.slice(0, 300) : undefined,
  });
  if (!input.success) return null;
  try {
    return { id: await signIn(await deps.context(), input.data) };
  } catch (cause) {
    if (cause instanceof BackstepError) throw new Error(cause.code);
    deps.log.error({ err: cause }, 'a sign-in failed');
    throw new Error('fault');
  }
}
