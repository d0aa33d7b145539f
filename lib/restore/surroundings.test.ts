import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { startTemporaryServer, type TemporaryServer } from '@/lib/embedded';
import { getRestore, listRestores, readSurroundings } from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let server: TemporaryServer;
let before: string | undefined;
let room: RestoreRoom;
beforeAll(async () => {
  server = await startTemporaryServer({ max_prepared_transactions: '4', wal_level: 'logical' });
  before = process.env.BACKSTEP_TEST_POSTGRES_URL;
  process.env.BACKSTEP_TEST_POSTGRES_URL = server.url;
});
afterEach(() => room?.close());
afterAll(async () => {
  process.env.BACKSTEP_TEST_POSTGRES_URL = before;
  await server.stop();
});

const named = async (name: string) => {
  const client = await room.planned.live.connect();
  client.on('error', () => undefined);
  await client.query(`SET application_name = '${name}'`);
  return client;
};

/** Returns once somebody waits to write an act down. */
async function waitForAct(): Promise<void> {
  for (;;) {
    const { rows } = await room.planned.control.pool.query(
      "SELECT FROM pg_locks WHERE relation = 'backstep.restore_steps'::regclass AND NOT granted",
    );
    if (rows.length > 0) return;
  }
}

describe.skipIf(!pgDumpFound)('around a swap', { timeout: 120_000 }, () => {
  it('the sessions are counted by program, with what they do, and what holds on is named', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const look = async () => {
      const seen = await readSurroundings(room.planned.as(room.planned.people.auditor), {
        restore: restore.label,
      });
      if (!seen.found) throw new Error(seen.error ?? 'nothing was found');
      return seen.found;
    };
    expect(await look()).toEqual({ sessions: [], prepared: [], slots: [], subscriptions: [] });

    const [web, busy, worker] = [await named('web'), await named('web'), await named('worker')];
    await busy.query('BEGIN; SELECT 1');
    // Before the prepared transaction: a new slot waits for those that write.
    await room.sql("SELECT pg_create_logical_replication_slot('cdc', 'pgoutput')");
    await room.sql(
      "CREATE SUBSCRIPTION from_hq CONNECTION 'host=127.0.0.1 port=1 dbname=hq' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    );
    await room.sql(
      "BEGIN; INSERT INTO rooms (name) VALUES ('in doubt'); PREPARE TRANSACTION 'order 7'",
    );
    const found = await look();
    expect(found.sessions).toEqual([
      {
        application: 'web',
        user: expect.any(String),
        client: expect.any(String),
        sessions: 2,
        inTransaction: 1,
        oldestMs: expect.any(Number),
        doing: expect.arrayContaining([
          { state: 'idle', sessions: 1 },
          { state: 'idle in transaction', sessions: 1 },
        ]),
      },
      expect.objectContaining({ application: 'worker', sessions: 1, oldestMs: null }),
    ]);
    expect(found.sessions[0]?.oldestMs).toBeGreaterThanOrEqual(0);
    expect(found.prepared).toEqual([
      { gid: 'order 7', owner: expect.any(String), since: expect.stringMatching(/Z$/) },
    ]);
    expect(found.slots).toEqual([{ name: 'cdc', active: false }]);
    expect(found.subscriptions).toEqual(['from_hq']);
    for (const client of [web, busy, worker]) await client.end();
    await room.sql('DROP SUBSCRIPTION from_hq');
    await room.sql("SELECT pg_drop_replication_slot('cdc')");
    await room.sql("ROLLBACK PREPARED 'order 7'");
  });

  it('a role that may not see more sees how many there are, and by which program', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { live, target, config, people } = room.planned;
    await room.server("CREATE ROLE looker LOGIN PASSWORD 'looker'");
    const web = await named('web');
    const url = new URL(target.url);
    url.username = 'looker';
    url.password = 'looker';
    const narrow = { ...target, url: url.href };
    const ctx = { ...room.planned.as(people.auditor), config: { ...config, targets: [narrow] } };
    const { found } = await readSurroundings(ctx, { restore: restore.label });
    expect(found?.sessions).toEqual([
      expect.objectContaining({
        application: 'web',
        client: null,
        sessions: 1,
        oldestMs: null,
        doing: [{ state: null, sessions: 1 }],
      }),
    ]);
    expect(live.name).toBe((await readSurroundings(ctx, { restore: restore.label })).database);
    await web.end();
    await room.server('DROP ROLE looker');
  });

  it('a target that is away is said, and its password is not', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { target, config, people } = room.planned;
    const url = new URL(target.url);
    url.port = '1';
    url.password = 'very-secret';
    const ctx = {
      ...room.planned.as(people.auditor),
      config: { ...config, targets: [{ ...target, url: url.href }] },
    };
    const seen = await readSurroundings(ctx, { restore: restore.label });
    expect(seen.found).toBeNull();
    expect(seen.error).toMatch(/can’t be reached|refused/i);
    expect(JSON.stringify(seen)).not.toContain('very-secret');
    const nobody = room.planned.as({ kind: 'anonymous', id: 'anonymous', name: 'Not signed in' });
    await expect(readSurroundings(nobody, { restore: restore.label })).rejects.toThrow(/may not/);
  });

  it('who connects in the middle is put out, and is in the history', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const early = await named('early');
    await room.pressSwap(restore);
    const holder = await room.planned.control.pool.connect();
    await holder.query('BEGIN; LOCK TABLE backstep.restore_steps IN ACCESS EXCLUSIVE MODE');
    const swap = room.perform(restore.id);
    await waitForAct();
    const late = await named('late');
    await holder.query('COMMIT');
    holder.release();
    await swap;
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    const [line] = await listRestores(room.onCall);
    const { events } = await getRestore(room.onCall, { restore: restore.label });
    expect(line).toMatchObject({ label: restore.label, status: 'swapped' });
    // The last heartbeat may come after the last event.
    expect(Date.parse(line?.lastEventAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(events.at(-1)?.at ?? ''),
    );
    for (const client of [early, late]) await expect(client.query('SELECT 1')).rejects.toThrow();
    const ended = (await room.audit(restore.label)).find(
      ({ action }) => action === 'restore.end_sessions',
    );
    expect(ended?.payload).toMatchObject({ ended: 2, meanwhile: 1 });
    expect(ended?.payload.sessions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ application: 'early', meanwhile: false }),
        expect.objectContaining({ application: 'late', meanwhile: true }),
      ]),
    );
  });
});
