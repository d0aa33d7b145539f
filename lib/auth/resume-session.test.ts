import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { type AccountRoom, createAccountRoom } from './account-room.fixture';
import { resumeSession } from './resume-session';

let room: AccountRoom;

beforeAll(async () => {
  room = await createAccountRoom();
});
afterAll(() => room.dispose());

const resume = (sid: string, options?: { touch: boolean }) =>
  resumeSession({ db: room.control.db }, sid, options);

/** A session that was opened and last used so long ago, by the database's clock. */
async function sessionFrom(created: string, seen: string) {
  const person = await room.join();
  const sid = await room.openSession(person);
  await room.control.pool.query(
    `UPDATE backstep.sessions
     SET created_at = clock_timestamp() - $2::interval, last_seen_at = clock_timestamp() - $3::interval
     WHERE id = $1`,
    [sid, created, seen],
  );
  return { sid, person };
}

describe('resumeSession', () => {
  it('gives the person as the database has them', async () => {
    const { sid, person } = await sessionFrom('1 hour', '1 minute');
    expect(await resume(sid)).toEqual(person);
  });

  it.each([
    ['11 hours 59 minutes 50 seconds', '0', true],
    ['12 hours 1 second', '0', false],
    ['1 hour', '29 minutes 50 seconds', true],
    ['1 hour', '30 minutes 1 second', false],
  ])('opened %s ago and used %s ago: %s', async (created, seen, counts) => {
    const { sid } = await sessionFrom(created, seen);
    expect((await resume(sid)) !== undefined).toBe(counts);
  });

  it('does not wake what has fallen asleep', async () => {
    const { sid } = await sessionFrom('1 hour', '31 minutes');
    await resume(sid);
    expect(await resume(sid)).toBeUndefined();
  });

  it('refuses a session that was revoked', async () => {
    const { sid } = await sessionFrom('1 hour', '0');
    await room.control.pool.query('UPDATE backstep.sessions SET revoked_at = now() WHERE id = $1', [
      sid,
    ]);
    expect(await resume(sid)).toBeUndefined();
  });

  it('refuses somebody who was disabled, from the next call on', async () => {
    const { sid, person } = await sessionFrom('1 hour', '0');
    const { users } = tables;
    const disable = (disabledAt: string | null) =>
      room.control.db.update(users).set({ disabledAt }).where(eq(users.id, person.id));
    expect(await resume(sid)).toBeDefined();
    await disable(new Date().toISOString());
    expect(await resume(sid)).toBeUndefined();
    await disable(null);
    expect(await resume(sid)).toBeDefined();
  });

  it('gives another role from the next call on', async () => {
    const { sid, person } = await sessionFrom('1 hour', '0');
    const { users } = tables;
    await room.control.db.update(users).set({ role: 'auditor' }).where(eq(users.id, person.id));
    expect((await resume(sid))?.role).toBe('auditor');
  });

  it('keeps the session awake, writing at most once a minute', async () => {
    const { sid } = await sessionFrom('1 hour', '50 seconds');
    const before = (await room.session(sid)).lastSeenAt;
    await resume(sid);
    expect((await room.session(sid)).lastSeenAt).toBe(before);

    const old = await sessionFrom('1 hour', '61 seconds');
    const asleep = (await room.session(old.sid)).lastSeenAt;
    await resume(old.sid);
    const awake = (await room.session(old.sid)).lastSeenAt;
    expect(Date.parse(awake) - Date.parse(asleep)).toBeGreaterThan(60_000);
    await resume(old.sid);
    expect((await room.session(old.sid)).lastSeenAt).toBe(awake);
  });

  it('leaves it asleep when a page asks by itself', async () => {
    const { sid } = await sessionFrom('1 hour', '20 minutes');
    const before = (await room.session(sid)).lastSeenAt;
    expect(await resume(sid, { touch: false })).toBeDefined();
    expect((await room.session(sid)).lastSeenAt).toBe(before);
  });

  it.each([
    '',
    'garbage',
    "' OR true --",
    '00000000-0000-0000-0000-000000000000',
    '0000000000000000000000000000000000000000',
    'a\0b',
  ])('takes %j for no session', async (sid) => {
    expect(await resume(sid)).toBeUndefined();
  });
});
