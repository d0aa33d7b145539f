import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Control, type Ctx, migrateControl, openControl, tables } from '@/lib/control';
import { ANONYMOUS } from '@/lib/core/actor';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import {
  createFirstAdmin,
  createFirstAdminInput,
  ensureSetupToken,
  needsSetup,
} from './first-admin';
import { resumeSession } from './resume-session';
import { signIn } from './sign-in';

let database: TestDatabase;
let control: Control;
let ctx: Ctx;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateControl(database.url, process.cwd());
  control = openControl(database.url);
  ctx = {
    actor: ANONYMOUS,
    requestId: randomUUID(),
    db: control.db,
    config: {
      path: '/srv/backstep.config.yaml',
      targets: [],
      backups: { directory: '/srv/backups', jobs: 1 },
      clientTools: undefined,
    },
  };
});
afterAll(async () => {
  await control.close();
  await database.drop();
});
beforeEach(async () => {
  for (const table of ['sessions', 'users', 'settings']) {
    await control.pool.query(`DELETE FROM backstep.${table}`);
  }
});

const PERSON = { email: 'ada@example.com', name: 'Ada', password: 'correct horse battery' };

const people = () => control.db.select().from(tables.users);

async function freshToken(): Promise<string> {
  const token = await ensureSetupToken(ctx);
  if (!token) throw new Error('there is somebody already');
  return token;
}

describe('the first administrator', () => {
  it('is created with the token that was printed, and signs in', async () => {
    const token = await freshToken();
    expect(await needsSetup(ctx)).toBe(true);
    await createFirstAdmin(ctx, { token, ...PERSON });
    expect(await needsSetup(ctx)).toBe(false);
    const sid = await signIn(ctx, { email: PERSON.email, password: PERSON.password });
    expect(await resumeSession(ctx, sid)).toMatchObject({ name: 'Ada', role: 'admin' });
  });

  it.each(['', 'wrong', 'null', '{}'])('is not created with the token %j', async (token) => {
    await freshToken();
    await expect(createFirstAdmin(ctx, { token, ...PERSON })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await people()).toEqual([]);
  });

  it('is not created when no token was ever printed', async () => {
    await expect(createFirstAdmin(ctx, { token: 'x', ...PERSON })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('needs the newest token: another start makes the one before void', async () => {
    const old = await freshToken();
    const token = await freshToken();
    await expect(createFirstAdmin(ctx, { token: old, ...PERSON })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await createFirstAdmin(ctx, { token, ...PERSON });
  });

  it('comes once: neither the token nor another one works again', async () => {
    const token = await freshToken();
    await createFirstAdmin(ctx, { token, ...PERSON });
    const again = createFirstAdmin(ctx, { token, ...PERSON, email: 'eve@example.com' });
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
    expect(await ensureSetupToken(ctx)).toBeUndefined();
    expect(await people()).toHaveLength(1);
  });

  it('is one, when two people open the link at once', async () => {
    const token = await freshToken();
    const holder = await control.pool.connect();
    // Nobody can be added until all three are on their way.
    await holder.query('BEGIN; LOCK TABLE backstep.users IN SHARE ROW EXCLUSIVE MODE');
    const attempts = Promise.allSettled(
      ['ada', 'eve', 'kim'].map((name) =>
        createFirstAdmin(ctx, { ...PERSON, token, email: `${name}@example.com` }),
      ),
    );
    for (let waiting = 0; waiting < 3; ) {
      const { rows } = await holder.query(
        'SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())',
      );
      waiting = rows[0]?.n;
    }
    await holder.query('COMMIT');
    holder.release();
    const results = await attempts;
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason.code).toBe('conflict');
    }
    expect(await people()).toHaveLength(1);
  });

  it('leaves the token nowhere but with who read it', async () => {
    const token = await freshToken();
    const { rows } = await control.pool.query('SELECT value::text FROM backstep.settings');
    expect(JSON.stringify(rows)).not.toContain(token);
    await createFirstAdmin(ctx, { token, ...PERSON });
    const settings = await control.db.select().from(tables.settings);
    expect(settings.map((row) => row.key)).toEqual(['audit_head']);
  });

  it.each([
    ['email', 'nobody'],
    ['name', '  '],
    ['password', 'too short'],
    ['token', ''],
  ])('needs a proper %s', (field, value) => {
    const input = { token: 'x', ...PERSON, [field]: value };
    expect(createFirstAdminInput.safeParse(input).success).toBe(false);
  });
});
