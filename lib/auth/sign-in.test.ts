import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { ANONYMOUS } from '@/lib/core/actor';
import { type AccountRoom, createAccountRoom, PASSWORD } from './account-room.fixture';
import { authorize } from './authorize';
import { hashPassword } from './password';
import { resumeSession } from './resume-session';
import { signIn, signInInput, signOut } from './sign-in';
import { MAX_FAILURES } from './sign-in-attempts';

let room: AccountRoom;

beforeAll(async () => {
  room = await createAccountRoom();
});
afterAll(() => room.dispose());

const attempt = (email: string, password = 'a wrong password') =>
  signIn(room.as(ANONYMOUS), { email, password });

async function codeOf(result: Promise<unknown>): Promise<string> {
  return await result.then(
    () => 'done',
    (cause: { code?: string }) => cause.code ?? 'fault',
  );
}

/** Moves what failed for an e-mail into the past. */
const age = (email: string, minutes: number) =>
  room.control.pool.query(
    `UPDATE backstep.sign_in_attempts SET at = at - make_interval(mins => $2) WHERE email = $1`,
    [email, minutes],
  );

describe('signIn', () => {
  it('opens a session for the right password, and says so in the history', async () => {
    const person = await room.join('reviewer');
    const sid = await signIn(room.as(ANONYMOUS), {
      email: person.email,
      password: PASSWORD,
      userAgent: 'a browser',
    });
    expect(await resumeSession(room.as(ANONYMOUS), sid)).toEqual(person);
    expect((await room.session(sid)).userAgent).toBe('a browser');
    const [row] = await room.control.db
      .select()
      .from(tables.auditLog)
      .where(eq(tables.auditLog.subject, person.email));
    expect(row).toMatchObject({ action: 'session.sign_in', outcome: 'done', actorId: person.id });
  });

  it('finds an e-mail however it is written', async () => {
    const person = await room.join();
    await room.control.db
      .update(tables.users)
      .set({ email: person.email.toUpperCase() })
      .where(eq(tables.users.id, person.id));
    const input = signInInput.parse({
      email: ` ${person.email.toUpperCase()} `,
      password: PASSWORD,
    });
    expect(await codeOf(signIn(room.as(ANONYMOUS), input))).toBe('done');
  });

  it.each<[string, () => Promise<{ email: string; password: string }>]>([
    ['a wrong password', async () => ({ email: (await room.join()).email, password: 'wrong' })],
    ['an empty password', async () => ({ email: (await room.join()).email, password: '' })],
    ['an unknown e-mail', async () => ({ email: 'nobody@example.com', password: PASSWORD })],
    ['no e-mail', async () => ({ email: '', password: PASSWORD })],
    [
      'a disabled person',
      async () => {
        const { id, email } = await room.join();
        await room.control.pool.query(
          'UPDATE backstep.users SET disabled_at = now() WHERE id = $1',
          [id],
        );
        return { email, password: PASSWORD };
      },
    ],
  ])('refuses %s in the same words', async (_name, make) => {
    const { email, password } = await make();
    await expect(attempt(email, password)).rejects.toMatchObject({
      code: 'not_signed_in',
      message: 'E-mail and password do not fit.',
    });
    expect(await room.history(email)).toEqual([['session.sign_in_failed', 'refused']]);
  });

  it('opens no session when the password is changed while it is being checked', async () => {
    const person = await room.join();
    const other = await room.control.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('UPDATE backstep.users SET password_hash = $2 WHERE id = $1', [
        person.id,
        await hashPassword('another password'),
      ]);
      const result = codeOf(attempt(person.email, PASSWORD));
      await waitForLock();
      await other.query('COMMIT');
      expect(await result).toBe('not_signed_in');
    } finally {
      other.release();
    }
    const open = await room.control.db
      .select()
      .from(tables.sessions)
      .where(eq(tables.sessions.userId, person.id));
    expect(open).toEqual([]);
  });
});

/** Returns when somebody in this database waits for a row. */
async function waitForLock(): Promise<void> {
  for (;;) {
    const { rows } = await room.control.pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
}

describe('too many attempts', () => {
  it('close the e-mail for a while, even to the right password', async () => {
    const { email } = await room.join();
    for (let index = 0; index < MAX_FAILURES; index++) {
      expect(await codeOf(attempt(email))).toBe('not_signed_in');
    }
    expect(await codeOf(attempt(email, PASSWORD))).toBe('too_many_attempts');
    expect(await room.history(email)).toHaveLength(MAX_FAILURES);
    await age(email, 14);
    expect(await codeOf(attempt(email, PASSWORD))).toBe('too_many_attempts');
    await age(email, 1);
    expect(await codeOf(attempt(email, PASSWORD))).toBe('done');
  });

  it('are no more when they come all at once', async () => {
    const { email } = await room.join();
    const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(attempt(email))));
    expect(codes.filter((code) => code === 'not_signed_in')).toHaveLength(MAX_FAILURES);
    expect(codes.filter((code) => code === 'too_many_attempts')).toHaveLength(40 - MAX_FAILURES);
  });

  it('are counted for an e-mail that nobody has, too', async () => {
    const codes: string[] = [];
    for (let index = 0; index <= MAX_FAILURES; index++) {
      codes.push(await codeOf(attempt('guessed@example.com')));
    }
    expect(codes.at(-1)).toBe('too_many_attempts');
  });

  it('leave other people alone', async () => {
    const [one, two] = [await room.join(), await room.join()];
    for (let index = 0; index <= MAX_FAILURES; index++) await codeOf(attempt(one.email));
    expect(await codeOf(attempt(two.email, PASSWORD))).toBe('done');
  });

  it('are forgotten when the right password came in time', async () => {
    const { email } = await room.join();
    for (let round = 0; round < 2; round++) {
      for (let index = 1; index < MAX_FAILURES; index++) await codeOf(attempt(email));
      expect(await codeOf(attempt(email, PASSWORD))).toBe('done');
    }
    const { rows } = await room.control.pool.query(
      'SELECT FROM backstep.sign_in_attempts WHERE email = $1',
      [email],
    );
    expect(rows).toEqual([]);
  });
});

describe('authorize', () => {
  const log = { lines: [] as unknown[], error: (line: unknown) => void log.lines.push(line) };
  const ask = (
    fields: Record<string, unknown>,
    context = () => Promise.resolve(room.as(ANONYMOUS)),
  ) => authorize(fields, 'a browser', { context, log: log as never });

  it('gives next-auth the number of the session', async () => {
    const { email } = await room.join();
    const found = await ask({ email, password: PASSWORD, csrfToken: 'x' });
    expect(await resumeSession(room.as(ANONYMOUS), found?.id ?? '')).toMatchObject({ email });
  });

  it.each([
    [{}],
    [{ email: ['a@example.com'], password: PASSWORD }],
    [{ email: 'a\0@example.com', password: PASSWORD }],
    [{ email: 'a@example.com', password: 'x'.repeat(201) }],
  ])('takes %j for no credentials', async (fields) => {
    expect(await ask(fields)).toBeNull();
  });

  it('tells the browser a code, never the words of a fault', async () => {
    await expect(ask({ email: 'a@example.com', password: 'wrong' })).rejects.toThrow(
      /^not_signed_in$/,
    );
    const broken = () => Promise.reject(new Error('password authentication failed for user root'));
    await expect(ask({ email: 'a@example.com', password: 'wrong' }, broken)).rejects.toThrow(
      /^fault$/,
    );
    expect(log.lines).toHaveLength(1);
  });
});

describe('signOut', () => {
  it('ends the session once, with one row in the history', async () => {
    const person = await room.join();
    const sid = await room.openSession(person);
    const other = await room.openSession(person);
    await signOut(room.as(person), sid);
    await signOut(room.as(person), sid);
    expect(await resumeSession(room.as(ANONYMOUS), sid)).toBeUndefined();
    expect(await resumeSession(room.as(ANONYMOUS), other)).toMatchObject({ id: person.id });
    expect(await room.history(person.email)).toEqual([['session.sign_out', 'done']]);
  });

  it.each(['', 'x', "' OR true --", '0'.repeat(36)])('takes %j for no session', async (sid) => {
    await signOut(room.as(ANONYMOUS), sid);
  });
});
