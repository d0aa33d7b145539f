import { redirect } from 'next/navigation';
import { getServerSession, type NextAuthOptions } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import { type Actor, ANONYMOUS } from '@/lib/core/actor';
import { contextFor, controlDb, logger, publicUrl } from '@/lib/server/runtime';
import { authorize } from './authorize';
import { resumeSession, SESSION_HOURS } from './resume-session';
import { signOut } from './sign-in';

type Person = Extract<Actor, { kind: 'user' }>;

/**
 * next-auth signs the cookie and checks its own forms, sign-in and sign-out, against forgery. The
 * cookie holds no more than the number of a session; who that is, and whether it still counts, is
 * asked of the database at each call.
 */
export function authOptions(): NextAuthOptions {
  const secure = publicUrl().startsWith('https://');
  return {
    session: { strategy: 'jwt', maxAge: SESSION_HOURS * 60 * 60 },
    useSecureCookies: secure,
    pages: { signIn: '/sign-in', error: '/sign-in' },
    providers: [
      Credentials({
        credentials: { email: {}, password: {} },
        authorize: (fields, request) =>
          authorize(fields, request.headers?.['user-agent'], {
            context: () => contextFor(ANONYMOUS),
            log: logger(),
          }),
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { sid: user.id } : token),
      session: ({ session, token }) => ({ expires: session.expires, sid: token.sid }),
      redirect: ({ url, baseUrl }) => (url.startsWith('/') ? `${baseUrl}${url}` : baseUrl),
    },
    events: {
      async signOut({ token }) {
        const sid = sessionId(token);
        if (!sid) return;
        const actor = await resumeSession({ db: controlDb() }, sid, { touch: false });
        await signOut(await contextFor(actor ?? ANONYMOUS), sid);
      },
    },
  };
}

function sessionId(from: unknown): string | undefined {
  const sid = (from as { sid?: unknown } | null)?.sid;
  return typeof sid === 'string' ? sid : undefined;
}

/** The number of this request's session, whether it still counts or not. */
export async function sessionOfRequest(): Promise<string | undefined> {
  return sessionId(await getServerSession(authOptions()));
}

/**
 * The person of this request, or undefined.
 * @param options.touch false for a request that a page sends by itself: it is no use by a person
 */
export async function actorOfRequest(
  options: { touch: boolean } = { touch: true },
): Promise<Person | undefined> {
  const sid = await sessionOfRequest();
  return sid ? await resumeSession({ db: controlDb() }, sid, options) : undefined;
}

/** For pages: the person of this request; without one the page is the sign-in. */
export async function currentActor(from?: string): Promise<Person> {
  const actor = await actorOfRequest();
  if (actor) return actor;
  redirect(from ? `/sign-in?from=${encodeURIComponent(from)}` : '/sign-in');
}
