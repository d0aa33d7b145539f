import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import type { Role } from '@/lib/core/actor';
import type { Person } from '@/lib/migrations/sample-control.fixture';
import { type AccountRoom, createAccountRoom, PASSWORD } from './account-room.fixture';
import { addPerson, addPersonInput, listPeople, updatePerson } from './people';
import { resumeSession } from './resume-session';
import { signIn } from './sign-in';
import { MAX_FAILURES } from './sign-in-attempts';

let room: AccountRoom;
let admin: Person;

beforeAll(async () => {
  room = await createAccountRoom();
});
afterAll(() => room.dispose());

beforeEach(async () => {
  // One administrator at the start of each test, and nobody else who could act as one.
  await room.control.db
    .update(tables.users)
    .set({ role: 'auditor' })
    .where(eq(tables.users.role, 'admin'));
  admin = await room.join('admin');
});

const { users } = tables;
const update = (actor: Person, change: Parameters<typeof updatePerson>[1]) =>
  updatePerson(room.as(actor), change);
const read = async ({ id }: { id: string }) =>
  (await room.control.db.select().from(users).where(eq(users.id, id)))[0];
const activeAdmins = async () =>
  (await room.control.db.select().from(users)).filter(
    (person) => person.role === 'admin' && person.disabledAt === null,
  ).length;

describe('addPerson', () => {
  const input = (email: string) =>
    addPersonInput.parse({ email, name: ' Zoë ', role: 'reviewer', password: PASSWORD });

  it('lets the person sign in, and says so in the history', async () => {
    await addPerson(room.as(admin), input(' Zoe@Example.com '));
    const sid = await signIn(room.as(admin), { email: 'zoe@example.com', password: PASSWORD });
    expect(await resumeSession(room.as(admin), sid)).toMatchObject({
      email: 'zoe@example.com',
      name: 'Zoë',
      role: 'reviewer',
    });
    expect((await room.history('zoe@example.com'))[0]).toEqual(['person.add', 'done']);
  });

  it('refuses a second account for an e-mail, however it is written', async () => {
    const { email } = await room.join();
    await room.control.db
      .update(users)
      .set({ email: email.toUpperCase() })
      .where(eq(users.email, email));
    await expect(addPerson(room.as(admin), input(email))).rejects.toMatchObject({
      code: 'conflict',
      message: `${email} has an account already.`,
    });
    expect(await room.history(email)).toEqual([]);
  });

  it('takes one of two who are added under the same e-mail at once', async () => {
    const both = await Promise.allSettled([
      addPerson(room.as(admin), input('twins@example.com')),
      addPerson(room.as(admin), input('twins@example.com')),
    ]);
    expect(both.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each(['', 'no address', 'a@b', 'a b@example.com', 'a\0@example.com'])(
    'refuses %j for an e-mail',
    (email) => {
      expect(addPersonInput.shape.email.safeParse(email).success).toBe(false);
    },
  );
});

describe('updatePerson', () => {
  it('writes down what it was and what it is, of what is different only', async () => {
    const person = await room.join('on_call');
    await update(admin, { id: person.id, name: 'Ona', role: 'reviewer' });
    const [row] = await room.control.db
      .select()
      .from(tables.auditLog)
      .where(eq(tables.auditLog.subject, person.email));
    expect(row).toMatchObject({
      action: 'person.update',
      payload: { role: { from: 'on_call', to: 'reviewer' } },
    });
    expect(row?.payload).not.toHaveProperty('name');
  });

  it('of nothing changes nothing', async () => {
    const person = await room.join('on_call');
    await update(admin, { id: person.id });
    await update(admin, { id: person.id, name: 'Ona', role: 'on_call', disabled: false });
    expect(await room.history(person.email)).toEqual([]);
  });

  it('counts from the next call of a person who stays signed in', async () => {
    const person = await room.join('on_call');
    const sid = await room.openSession(person);
    await update(admin, { id: person.id, role: 'auditor' });
    expect((await resumeSession(room.as(admin), sid))?.role).toBe('auditor');
  });

  it('signs out who is disabled, and lets them in again later', async () => {
    const person = await room.join();
    const sid = await room.openSession(person);
    await update(admin, { id: person.id, disabled: true });
    expect((await room.session(sid)).revokedAt).not.toBeNull();
    await update(admin, { id: person.id, disabled: false });
    expect(await resumeSession(room.as(admin), sid)).toBeUndefined();
    expect((await read(person))?.disabledAt).toBeNull();
  });

  it('gives a new password to somebody who has guessed too often', async () => {
    const person = await room.join();
    const sid = await room.openSession(person);
    for (let index = 0; index < MAX_FAILURES; index++) {
      await signIn(room.as(admin), { email: person.email, password: 'forgotten' }).catch(() => '');
    }
    await update(admin, { id: person.id, password: 'another password' });
    expect(await resumeSession(room.as(admin), sid)).toBeUndefined();
    await signIn(room.as(admin), { email: person.email, password: 'another password' });
    const log = await room.control.db
      .select()
      .from(tables.auditLog)
      .where(eq(tables.auditLog.action, 'person.update'));
    expect(log.at(-1)?.payload).toEqual({ password: 'changed' });
  });

  it('does not know everybody', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    await expect(update(admin, { id: nobody, role: 'admin' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it.each([
    { role: 'auditor' as const },
    { disabled: true },
    { role: 'reviewer', disabled: true },
  ] as const)('refuses %j for the last administrator', async (change) => {
    await expect(update(admin, { id: admin.id, ...change })).rejects.toMatchObject({
      code: 'conflict',
      message: 'This is the last administrator. Make somebody else one first.',
    });
    expect(await activeAdmins()).toBe(1);
  });

  it('does not count a disabled administrator as another one', async () => {
    const other = await room.join('admin');
    await update(admin, { id: other.id, disabled: true });
    await expect(update(admin, { id: admin.id, role: 'auditor' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await update(admin, { id: other.id, role: 'auditor' });
    expect((await read(other))?.role).toBe('auditor');
  });

  it('lets the last one change name and password', async () => {
    await update(admin, { id: admin.id, name: 'Ada', password: 'another password' });
    expect((await read(admin))?.name).toBe('Ada');
  });

  it('leaves one of two administrators who demote each other at once', async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [admin, await room.join('admin')];
      const results = await Promise.allSettled([
        update(one, { id: two.id, role: 'auditor' }),
        update(two, { id: one.id, disabled: true }),
      ]);
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await activeAdmins()).toBe(1);
      admin = (await read(one))?.role === 'admin' && !(await read(one))?.disabledAt ? one : two;
    }
  });

  it('refuses an administrator who was demoted a moment ago', async () => {
    const [one, two] = [await room.join('admin'), await room.join('admin')];
    await update(admin, { id: one.id, role: 'on_call' });
    // `one` still holds the actor that the request began with.
    await expect(update(one, { id: two.id, role: 'on_call' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect((await read(two))?.role).toBe('admin');
  });
});

describe('listPeople', () => {
  it('tells when somebody was last seen', async () => {
    const [seen, unseen] = [await room.join(), await room.join()];
    const older = await room.openSession(seen);
    const newer = await room.openSession(seen);
    await room.control.pool.query(
      "UPDATE backstep.sessions SET last_seen_at = '2026-01-01T00:00:00Z' WHERE id = $1",
      [older],
    );
    const people = await listPeople(room.as(admin));
    const lineOf = ({ id }: Person) => people.find((person) => person.id === id);
    expect(lineOf(seen)?.lastSeenAt).toBe(
      new Date((await room.session(newer)).lastSeenAt).toISOString(),
    );
    expect(lineOf(unseen)).toMatchObject({ lastSeenAt: null, disabledAt: null, role: 'on_call' });
    expect(JSON.stringify(people)).not.toContain('argon2');
  });
});

it.each<Role>(['on_call', 'reviewer', 'auditor'])('nothing of this is for %s', async (role) => {
  const person = await room.join(role);
  const ctx = room.as(person);
  const input = { email: 'new@example.com', name: 'New', role, password: PASSWORD };
  await expect(addPerson(ctx, input)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(update(person, { id: person.id, role: 'admin' })).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(listPeople(ctx)).rejects.toMatchObject({ code: 'forbidden' });
  expect((await read(person))?.role).toBe(role);
});
