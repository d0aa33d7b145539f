import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import NextAuth from 'next-auth';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { controlPool } from '@/lib/server/runtime';
import { type AccountRoom, createAccountRoom, PASSWORD } from './account-room.fixture';
import { authOptions } from './next';
import { resumeSession } from './resume-session';

const ORIGIN = 'https://backstep.example.com';
const SESSION_COOKIE = '__Secure-next-auth.session-token';

let room: AccountRoom;
let folder: string;

beforeAll(async () => {
  room = await createAccountRoom();
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-auth-'));
  const config = path.join(folder, 'backstep.config.yaml');
  await writeFile(
    config,
    'targets:\n  - { name: one, environment: staging, url: "postgres://db/one", migrations: m, rollbacks: r }\n',
  );
  vi.stubEnv('BACKSTEP_CONFIG', config);
  vi.stubEnv('BACKSTEP_URL', ORIGIN);
  vi.stubEnv('NEXTAUTH_URL', ORIGIN);
  vi.stubEnv('NEXTAUTH_SECRET', 'a secret of at least 32 characters');
  vi.stubEnv('CONTROL_DATABASE_URL', room.control.url);
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await controlPool().end();
  vi.unstubAllEnvs();
  await room.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  redirect: string;
  /** As they were set, with their attributes. */
  cookies: string[];
  body: unknown;
}

/** A browser that keeps what it is told to keep. */
function browser() {
  const jar: Record<string, string> = {};
  return {
    jar,
    /** Asks next-auth's own handler, as a route of `pages/` would. */
    async ask(method: string, action: string, body: Record<string, string> = {}): Promise<Answer> {
      const answer: Answer = { status: 200, redirect: '', cookies: [], body: undefined };
      const keep = (value: unknown) => {
        answer.body = value;
        answer.redirect = (value as { url?: string } | null)?.url ?? '';
      };
      const response = {
        status(code: number) {
          answer.status = code;
          return response;
        },
        getHeader: (name: string) => (name === 'Set-Cookie' ? answer.cookies : undefined),
        setHeader(name: string, value: string | string[]) {
          if (name === 'Set-Cookie') answer.cookies = [value].flat();
          if (name === 'Location') answer.redirect = String(value);
          return response;
        },
        send: keep,
        json: keep,
        end: () => undefined,
      };
      const request = {
        method,
        // As the pages ask: the address to go on to is in the answer.
        body: { ...body, json: 'true' },
        query: { nextauth: action.split('/') },
        headers: { 'user-agent': 'a browser' },
        cookies: { ...jar },
      };
      // Only what next-auth reads and writes of Next's own request and response.
      await NextAuth(request as never, response as never, authOptions());
      for (const cookie of answer.cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        jar[name] = decodeURIComponent(value);
      }
      return answer;
    },
    async token(): Promise<string> {
      const { body } = await this.ask('GET', 'csrf');
      return (body as { csrfToken?: string }).csrfToken ?? '';
    },
    async signIn(email: string, password = PASSWORD, csrfToken?: string) {
      const fields = { email, password, csrfToken: csrfToken ?? (await this.token()) };
      return await this.ask('POST', 'callback/credentials', fields);
    },
    /** The number of the session that the cookie stands for. */
    async session(): Promise<string | undefined> {
      const { body } = await this.ask('GET', 'session');
      return (body as { sid?: string } | null)?.sid;
    },
  };
}

const countsStill = async (sid: string | undefined) =>
  (await resumeSession({ db: room.control.db }, sid ?? '')) !== undefined;

describe('the session cookie', () => {
  it('is given for the right password, and holds no more than a number', async () => {
    const person = await room.join('reviewer');
    const window = browser();
    const { cookies } = await window.signIn(person.email);
    const cookie = cookies.find((text) => text.startsWith(SESSION_COOKIE));
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) {
      expect(cookie).toContain(`; ${attribute}`);
    }
    const sid = await window.session();
    expect(await countsStill(sid)).toBe(true);
    expect((await window.ask('GET', 'session')).body).toEqual({
      sid,
      expires: expect.any(String),
    });
    expect((await room.session(sid ?? '')).userAgent).toBe('a browser');
  });

  it.each([
    ['a wrong password', 'wrong', 'not_signed_in'],
    ['too long a password', 'x'.repeat(300), 'CredentialsSignin'],
  ])('is not given for %s', async (_name, password, error) => {
    const { email } = await room.join();
    const window = browser();
    const response = await window.signIn(email, password);
    expect(response.status).toBe(401);
    expect(response.redirect).toContain(`error=${error}`);
    expect(window.jar[SESSION_COOKIE]).toBeUndefined();
  });

  it('is not given to a form without next-auth’s token', async () => {
    const { email } = await room.join();
    const window = browser();
    await window.token();
    await window.signIn(email, PASSWORD, 'a guess');
    expect(window.jar[SESSION_COOKIE]).toBeUndefined();
    expect(await room.history(email)).toEqual([]);
  });

  it.each(['', 'garbage', 'a.b.c.d.e'])('is no session when it is %j', async (value) => {
    // next-auth says on the console what it could not read.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const window = browser();
    window.jar[SESSION_COOKIE] = value;
    expect(await window.session()).toBeUndefined();
  });
});

describe('signing out', () => {
  it('ends the session by a form with next-auth’s token', async () => {
    const person = await room.join();
    const window = browser();
    await window.signIn(person.email);
    const sid = await window.session();
    await window.ask('POST', 'signout', { csrfToken: await window.token() });
    expect(await countsStill(sid)).toBe(false);
    expect(window.jar[SESSION_COOKIE]).toBe('');
    expect((await room.history(person.email)).at(-1)).toEqual(['session.sign_out', 'done']);
  });

  it.each([
    ['by a link', 'GET', {}],
    ['by a form of another site', 'POST', { csrfToken: 'a guess' }],
    ['by an empty form', 'POST', {}],
  ])('does not happen %s', async (_name, method, body) => {
    const person = await room.join();
    const window = browser();
    await window.signIn(person.email);
    const sid = await window.session();
    const response = await window.ask(method, 'signout', body as Record<string, string>);
    expect(await countsStill(sid)).toBe(true);
    // What the page goes by: see components/account/leave.ts.
    if (method === 'POST') expect(response.redirect).toContain('csrf=true');
  });
});

describe('where next-auth leads on to', () => {
  it.each([
    ['/rollbacks', `${ORIGIN}/rollbacks`],
    ['https://evil.example/', ORIGIN],
    ['//evil.example', `${ORIGIN}//evil.example`],
  ])('%s: %s', async (url, expected) => {
    const redirect = authOptions().callbacks?.redirect;
    expect(await redirect?.({ url, baseUrl: ORIGIN })).toBe(expected);
  });
});
