import { eq, sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { startTemporaryServer, type TemporaryServer } from '@/lib/embedded/temporary-server';
import { createTestDatabase } from '@/lib/testing/database';
import { NO_PGBOUNCER, PGBOUNCER, type PoolOptions, startPgBouncer } from '@/lib/testing/pgbouncer';
import { findBaseBackup, NO_BASEBACKUP, startStandby } from '@/lib/testing/standby';
import { createRunRoom, type ReadyRollback, type RunMode, type RunRoom } from './run.fixture';

const SERVER_MAJOR = 15;
const BASE_BACKUP = await findBaseBackup(SERVER_MAJOR);

let rooms: RunRoom;
let server: TemporaryServer;
let shared: string | undefined;

beforeAll(async () => {
  // A server of its own, small enough to be copied: the standby is one of exactly this target.
  server = await startTemporaryServer();
  shared = process.env.BACKSTEP_TEST_POSTGRES_URL;
  process.env.BACKSTEP_TEST_POSTGRES_URL = server.url;
  rooms = await createRunRoom();
});

afterAll(async () => {
  await rooms.dispose();
  if (shared === undefined) delete process.env.BACKSTEP_TEST_POSTGRES_URL;
  else process.env.BACKSTEP_TEST_POSTGRES_URL = shared;
  await server.stop();
});

async function checksOf(
  ready: ReadyRollback,
): Promise<{ name: string; ok: boolean; evidence: string }[]> {
  const { rows } = await ready.system.db.execute<{
    payload: { name: string; ok: boolean; evidence: string };
  }>(
    sql`SELECT payload FROM backstep.rollback_events WHERE rollback_id = ${ready.id}
        AND kind = 'preflight.check' ORDER BY seq`,
  );
  return rows.map(({ payload }) => payload);
}

/** Everything that says no to a run in its preflight, with nothing changed. @returns its words */
async function refusedBy(ready: ReadyRollback, check: string, mode: RunMode = {}): Promise<string> {
  await ready.run({}, mode);
  const state = await ready.state();
  expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
  const failed = (await checksOf(ready)).filter(({ ok }) => !ok);
  expect(failed.map(({ name }) => name)).toEqual([check]);
  expect(await ready.columns('orders')).toEqual(['id', 'note']);
  expect(await ready.columns('coupons')).toEqual(['code']);
  expect(await ready.trackingRows()).toBe(4);
  return state.outcomeMessage ?? '';
}

function leadTo(ready: ReadyRollback, url: string): void {
  const [target] = ready.system.config.targets;
  if (target) target.url = url;
}

function asRole(ready: ReadyRollback, role: string): void {
  const url = new URL(ready.sample.target.url);
  url.username = role;
  url.password = 'canary-password';
  leadTo(ready, url.href);
}

describe('the wrong database is refused', () => {
  it.skipIf(!BASE_BACKUP)(
    `a standby of the right one${BASE_BACKUP ? '' : `: ${NO_BASEBACKUP}`}`,
    async () => {
      const ready = await rooms.ready();
      const standby = await startStandby(server.url, BASE_BACKUP ?? '');
      await standby.caughtUp();
      leadTo(ready, standby.url(ready.sample.target.url));
      expect(await refusedBy(ready, 'Right database')).toMatch(/standby.*Point url at the primary/);
      await standby.stop();
    },
  );

  it('one of the same name on another server', async () => {
    const ready = await rooms.ready();
    const other = await startTemporaryServer();
    const name = new URL(ready.sample.target.url).pathname.slice(1);
    const client = new pg.Client({ connectionString: other.url });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    const url = new URL(other.url);
    url.pathname = `/${name}`;
    leadTo(ready, url.href);
    expect(await refusedBy(ready, 'Right database')).toMatch(/another database.*Check url/);
    await other.stop();
  });

  it('another one on the same server, though it has the same tables', async () => {
    const ready = await rooms.ready();
    const copy = await createTestDatabase({
      template: new URL(ready.sample.target.url).pathname.slice(1),
    });
    leadTo(ready, copy.url);
    expect(await refusedBy(ready, 'Right database')).toMatch(/another database/);
    await copy.drop();
  });
});

describe.skipIf(!PGBOUNCER)(`a pooler${PGBOUNCER ? '' : `: ${NO_PGBOUNCER}`}`, () => {
  async function through(ready: ReadyRollback, options: PoolOptions, work: () => Promise<void>) {
    const pooler = await startPgBouncer(ready.sample.target.url, options);
    leadTo(ready, pooler.url);
    try {
      await work();
    } finally {
      leadTo(ready, ready.sample.database.url);
      await pooler.stop();
    }
  }

  it.each([
    { size: 1, roundRobin: false },
    { size: 20, roundRobin: false },
    { size: 20, roundRobin: true },
  ])('in transaction mode is refused: $size servers, round robin $roundRobin', async (pool) => {
    const ready = await rooms.ready();
    await through(ready, { mode: 'transaction', ...pool }, async () => {
      expect(await refusedBy(ready, 'Direct connection')).toMatch(
        /pooler in between shares sessions: .*url that leads to the server itself/,
      );
    });
  });

  it('in session mode is let through, and told', async () => {
    const ready = await rooms.ready();
    await through(ready, { mode: 'session', size: 10 }, () => ready.run());
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    expect(await checksOf(ready)).toContainEqual({
      name: 'Direct connection',
      ok: true,
      evidence: expect.stringMatching(
        /^through a pooler that keeps each session; server process \d+$/,
      ),
    });
  });

  it('in session mode with one server is refused, for a run needs two', async () => {
    const ready = await rooms.ready();
    await through(ready, { mode: 'session', size: 1 }, () => ready.run());
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    expect(state.outcomeMessage).toMatch(/needs two connections at once; only one was given/);
  });
});

describe('a role', () => {
  /** The role owns what the plan changes; of the tracking table it has what `granted` says. */
  async function withRole(
    granted: string,
    more = '',
  ): Promise<{ ready: ReadyRollback; role: string }> {
    let role = '';
    const ready = await rooms.ready({}, async (sample) => {
      role = `app_${new URL(sample.target.url).pathname.slice(6, 14)}`;
      await sample.sql(`
        CREATE ROLE ${role} LOGIN PASSWORD 'canary-password';
        ALTER TABLE orders OWNER TO ${role};
        ALTER TABLE coupons OWNER TO ${role};
        GRANT ALL ON SCHEMA public TO ${role};
        GRANT USAGE ON SCHEMA drizzle TO ${role};
        GRANT ${granted} ON drizzle.__drizzle_migrations TO ${role};
        ${more.replaceAll('$', role)}`);
    });
    asRole(ready, role);
    return { ready, role };
  }

  it('that may not delete tracking rows is refused', async () => {
    const { ready } = await withRole('SELECT, INSERT');
    const message = await refusedBy(ready, 'Rights of the role');
    expect(message).toMatch(/may not delete from "drizzle"."__drizzle_migrations".*Grant it/);
    expect(message).not.toContain('canary');
  });

  it('that does not own what the plan changes is refused', async () => {
    const { ready } = await withRole('ALL', 'ALTER TABLE coupons OWNER TO CURRENT_USER;');
    expect(await refusedBy(ready, 'Rights of the role')).toMatch(/does not own .*coupons/);
  });

  it('that may not make the rescue copies which were asked for is refused before the first step', async () => {
    const { ready, role } = await withRole(
      'ALL',
      'ALTER TABLE drizzle.__drizzle_migrations OWNER TO $; ALTER SCHEMA drizzle OWNER TO $;',
    );
    const message = await refusedBy(ready, 'Rescue copies', { rescue: true });
    expect(message).toMatch(/may not make the schema backstep_rescue.*CREATE SCHEMA/);
    await ready.sample.sql(`CREATE SCHEMA backstep_rescue AUTHORIZATION ${role}`);
    await ready.resume({}, { rescue: true });
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
  });

  const guardOf = async (ready: ReadyRollback) => {
    const [row] = await ready.system.db
      .select({ kind: tables.fences.kind, why: tables.fences.why })
      .from(tables.fences)
      .where(eq(tables.fences.rollbackId, ready.id));
    const line = (await checksOf(ready)).find(({ name }) => name === 'Re-apply guard');
    return { ...row, line };
  };

  it.each([
    ['does not own the tracking table', '', /does not own "drizzle"."__drizzle_migrations"/],
    [
      'may not create a function beside it',
      'ALTER TABLE drizzle.__drizzle_migrations OWNER TO $;',
      /may not create a function in the schema drizzle/,
    ],
    [
      'finds a fence of somebody else',
      `ALTER TABLE drizzle.__drizzle_migrations OWNER TO $; GRANT CREATE ON SCHEMA drizzle TO $;
       CREATE FUNCTION drizzle.backstep_fence() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';`,
      /older fence in the schema drizzle belongs to/,
    ],
  ])('that %s has a watch instead of the fence', async (_, more, why) => {
    const { ready } = await withRole('SELECT, DELETE', more);
    await ready.run();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
    expect(await guardOf(ready)).toEqual({
      kind: 'watch',
      why: expect.stringMatching(why),
      line: {
        name: 'Re-apply guard',
        ok: true,
        evidence: expect.stringMatching(/no fence: the tracking table is watched instead/),
      },
    });
    const { rows } = await ready.sample.database
      .connect()
      .then((client) =>
        client
          .query("SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'")
          .finally(() => client.end()),
      );
    expect(rows).toHaveLength(0);
  });

  it('that owns the tracking table and its schema puts up the fence', async () => {
    const { ready } = await withRole(
      'ALL',
      'ALTER TABLE drizzle.__drizzle_migrations OWNER TO $; ALTER SCHEMA drizzle OWNER TO $;',
    );
    await ready.run();
    expect(await guardOf(ready)).toMatchObject({ kind: 'trigger', why: null });
    await expect(ready.sample.migrate()).rejects.toThrow();
  });

  it('has a watch where the policy asks for no fence', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, fence: false } });
    await ready.run();
    expect(await guardOf(ready)).toMatchObject({
      kind: 'watch',
      why: 'The policy of this target asks for none.',
    });
  });
});

describe('rescue copies that can’t be made are found out before the first step', () => {
  it('where a publication would send them to subscribers', async () => {
    const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, rescue: 'always' } });
    await ready.sample.sql('CREATE PUBLICATION everything FOR ALL TABLES');
    expect(await refusedBy(ready, 'Rescue copies')).toMatch(
      /FOR ALL TABLES.*made anew with a list.*set it to ask/,
    );
    await ready.sample.sql('DROP PUBLICATION everything');
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
  });

  it('where the policy has come to keep none since Run was pressed', async () => {
    const ready = await rooms.ready();
    const run = await ready.press({ rescue: true });
    const [target] = ready.system.config.targets;
    if (target) target.policy = { ...target.policy, rescue: 'off' };
    await ready.perform(run);
    expect(await ready.state()).toMatchObject({
      status: 'stopped',
      outcome: 'nothing_changed',
      outcomeMessage: expect.stringMatching(/keeps none any more/),
    });
  });
});
