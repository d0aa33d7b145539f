import { signOut } from 'next-auth/react';

/**
 * Signs out and goes to the sign-in: next-auth's own POST with its token, which no other site can send.
 * The page is loaded anew, so that nothing of the session stays in memory.
 * @throws Error when the session could not be ended
 */
export async function leave(): Promise<void> {
  const { url } = await signOut({ redirect: false });
  // next-auth answers a token that it did not take with its own page, and ends nothing.
  if (new URL(url, window.location.href).searchParams.has('csrf')) {
    throw new Error('the sign-out was refused');
  }
  window.location.assign('/sign-in');
}
