import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { type AccountRoom, createAccountRoom, PASSWORD } from './account-room.fixture';
import { changePassword } from './change-password';
import { resumeSession } from './resume-session';
import { signIn } from './sign-in';
import { MAX_FAILURES } from './sign-in-attempts';

let room: AccountRoom;

beforeAll(async () => {
  room = await createAccountRoom();
});
afterAll(() => room.dispose());

const NEXT = 'another password';

describe('changePassword', () => {
  it('ends every session, also the one it was asked from', async () => {
    const person = await room.join('auditor');
    const sessions = [await room.openSession(person), await room.openSession(person)];
    const other = await room.join();
    const untouched = await room.openSession(other);
    await changePassword(room.as(person), { current: PASSWORD, next: NEXT });
    for (const sid of sessions) expect(await resumeSession(room.as(person), sid)).toBeUndefined();
    expect(await resumeSession(room.as(person), untouched)).toBeDefined();
    expect(await room.history(person.email)).toEqual([['person.password', 'done']]);
    const { email } = person;
    await signIn(room.as(person), { email, password: NEXT });
    await expect(signIn(room.as(person), { email, password: PASSWORD })).rejects.toMatchObject({
      code: 'not_signed_in',
    });
  });

  it('refuses a wrong current password, and writes it down', async () => {
    const person = await room.join();
    const sid = await room.openSession(person);
    await expect(
      changePassword(room.as(person), { current: 'a guess', next: NEXT }),
    ).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'The current password is not right.',
    });
    expect(await resumeSession(room.as(person), sid)).toBeDefined();
    expect(await room.history(person.email)).toEqual([['person.password', 'refused']]);
    await signIn(room.as(person), { email: person.email, password: PASSWORD });
  });

  it('is no way to guess on when the sign-in is closed', async () => {
    const person = await room.join();
    const guesses = await Promise.allSettled(
      Array.from({ length: MAX_FAILURES + 5 }, () =>
        changePassword(room.as(person), { current: 'a guess', next: NEXT }),
      ),
    );
    const codes = guesses.map((guess) => guess.status === 'rejected' && guess.reason.code);
    expect(codes.filter((code) => code === 'invalid_input')).toHaveLength(MAX_FAILURES);
    await expect(
      changePassword(room.as(person), { current: PASSWORD, next: NEXT }),
    ).rejects.toMatchObject({ code: 'too_many_attempts' });
  });

  it('takes one of two changes at once', async () => {
    const person = await room.join();
    const results = await Promise.allSettled(
      ['the first password', 'the other password'].map((next) =>
        changePassword(room.as(person), { current: PASSWORD, next }),
      ),
    );
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is for people', async () => {
    await expect(
      changePassword(room.as(SYSTEM_ACTOR), { current: PASSWORD, next: NEXT }),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });
});
