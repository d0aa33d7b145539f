import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { adminUrl } from '@/lib/testing/database';
import { startWireProxy } from '@/lib/testing/wire-proxy';
import {
  decideRestore,
  dropFormer,
  getRestore,
  performDropOfFormer,
  performRestoreFenceRelease,
  reconcileRestore,
  reconcileRestoreNow,
  releaseRestoreFence,
  requestRestoreApproval,
  takeOverLapsedRestores,
  watchRestoreFences,
} from '.';
import { urlOfDatabase } from './maintenance';
import { inStatus, ownRestore } from './restore-record';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
afterEach(() => room?.close());

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';
const TAGS = 'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations';

describe.skipIf(!pgDumpFound)('a restore beside the target', { timeout: 120_000 }, () => {
  it('is verified, tells what is lost, and is swapped in and back', async () => {
    room = await createRestoreRoom();
    const restore = await room.approved();
    const before = await room.row(restore.id);
    const { evidence } = before;
    expect(evidence?.check).toMatchObject({ ok: true, mismatches: [], invalid: [] });
    expect(evidence?.headTag).toBe('0001_topic');
    expect(evidence?.forecast).toMatchObject({ applies: [] });
    expect(evidence?.forecastToday).toMatchObject({ applies: ['0002_invites'] });
    expect(evidence?.fence).toEqual({ kind: 'trigger', why: null });
    expect(evidence?.loss.migrations).toEqual(['0002_invites']);
    expect(evidence?.loss.tables).toContainEqual(
      expect.objectContaining({
        table: 'public.rooms',
        before: 500,
        now: expect.objectContaining({ value: 507 }),
      }),
    );
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);

    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped', message: null });
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
    expect(await room.sql(TAGS)).toEqual([{ n: 2 }]);
    await expect(room.boot()).rejects.toThrow();

    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped_back' });
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
    await room.sql("INSERT INTO rooms (name) VALUES ('after')");
  });
});

/** Reads all the time, on new connections, as an application that reconnects does. */
function startClient(room: RestoreRoom) {
  const counts = new Set<number>();
  let refused = 0;
  let ended = false;
  const loop = (async () => {
    while (!ended) {
      try {
        counts.add((await room.sql<{ n: number }>(ROOMS))[0]?.n ?? -1);
      } catch {
        refused += 1;
      }
    }
  })();
  return {
    async stop() {
      ended = true;
      await loop;
      return { counts: [...counts].sort(), refused };
    },
  };
}

describe.skipIf(!pgDumpFound)('a swap', { timeout: 120_000 }, () => {
  it('ends who is connected, lets nobody in between, and serves one of the two at any time', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const idle = await room.planned.live.connect();
    await idle.query('BEGIN; UPDATE rooms SET name = name');
    const client = startClient(room);
    await room.pressSwap(restore);
    await room.perform(restore.id);
    await expect(idle.query('COMMIT')).rejects.toThrow();
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    const seen = await client.stop();
    expect(seen.counts.every((n) => n === 500 || n === 507)).toBe(true);
    const audit = await room.audit(restore.label);
    expect(audit.find(({ action }) => action === 'restore.end_sessions')?.payload).toMatchObject({
      sessions: expect.arrayContaining([expect.objectContaining({ state: 'idle in transaction' })]),
    });
    expect(audit.at(-1)).toMatchObject({ action: 'restore.swap', outcome: 'done' });
  });

  it('carries over connection limit, grants, settings and comment, and keeps the former read only', async () => {
    const role = `reader_${randomBytes(6).toString('hex')}`;
    room = await createRestoreRoom({ approvals: 0 });
    const { name } = room.planned.live;
    await room.server(`CREATE ROLE ${role}`);
    for (const sql of [
      `ALTER DATABASE ${name} CONNECTION LIMIT 33`,
      `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${name} TO ${role} WITH GRANT OPTION`,
      `ALTER DATABASE ${name} SET search_path TO "$user", 'odd, "name"', public`,
      `ALTER DATABASE ${name} SET work_mem TO '5MB'`,
      `ALTER ROLE ${role} IN DATABASE ${name} SET statement_timeout TO '7s'`,
      `COMMENT ON DATABASE ${name} IS 'It''s ours'`,
    ])
      await room.server(sql);
    const dress = async () =>
      (
        await room.server(
          `SELECT d.datconnlimit, d.datacl::text, shobj_description(d.oid, 'pg_database') AS comment,
                  (SELECT array_agg(coalesce(s.setrole::regrole::text, '') || s.setconfig::text ORDER BY s.setrole)
                     FROM pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings
             FROM pg_database d WHERE d.datname = $1`,
          [name],
        )
      )[0];
    const before = await dress();
    const restore = await room.restored();
    const { formerDatabase, newDatabase } = await room.row(restore.id);
    await expect(
      room.server(`SELECT FROM pg_database WHERE datname = '${newDatabase}' AND datallowconn`),
    ).resolves.toEqual([]);
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await dress()).toEqual(before);
    expect((await room.row(restore.id)).evidence?.notCarried).toEqual([]);
    const former = new pg.Client({
      connectionString: urlOfDatabase(room.planned.live.url, formerDatabase ?? ''),
    });
    await former.connect();
    expect((await former.query(ROOMS.replace('rooms', 'public.rooms'))).rows).toEqual([{ n: 507 }]);
    await expect(former.query('CREATE TABLE public.x (id int)')).rejects.toMatchObject({
      code: '25006',
    });
    await former.end();
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await dress()).toEqual(before);
    await room.close();
    const server = new pg.Client({ connectionString: adminUrl() });
    await server.connect();
    await server.query(`DROP ROLE ${role}`);
    await server.end();
  });

  it('is put off when the present database was migrated since, and asks for approval anew', async () => {
    room = await createRestoreRoom();
    const restore = await room.approved();
    await room.sql(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('x', 1999999999999)",
    );
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/has been migrated since/);
    expect(row.digest).not.toBe(restore.digest);
    expect(row.evidence?.loss.migrations).toHaveLength(2);
    await expect(room.pressSwap({ ...restore, digest: row.digest ?? '' })).rejects.toMatchObject({
      code: 'gate_closed',
    });
    const again = { restore: restore.label, digest: row.digest ?? '' };
    await requestRestoreApproval(room.onCall, again);
    await decideRestore(room.reviewer, { ...again, decision: 'approved', comment: '' });
    await room.pressSwap({ ...restore, digest: again.digest });
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
  });

  it('waits for nobody when the policy asks for no approval any more', async () => {
    room = await createRestoreRoom();
    const restore = await room.restored();
    await requestRestoreApproval(room.onCall, { restore: restore.label, digest: restore.digest });
    await expect(room.pressSwap(restore)).rejects.toThrow(/Waiting for 1 reviewer/);
    room.planned.target.policy.approvals = 0;
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped', message: null });
  });

  it('is asked for once, by one of two people', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const both = await Promise.allSettled([room.pressSwap(restore), room.pressSwap(restore)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await Promise.all([room.perform(restore.id), room.perform(restore.id)]);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    const renames = (await room.acts(restore.id)).filter(({ name }) => name === 'rename');
    expect(renames).toHaveLength(1);
  });

  it('of a server that is gone is unknown, and is known as soon as it answers', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { target } = room.planned;
    const proxy = await startWireProxy(target.url);
    const direct = target.url;
    target.url = proxy.url;
    await room.pressSwap(restore);
    const commit = proxy.hold({ statement: /^COMMIT/, when: 'answered' });
    const swap = room.perform(restore.id);
    const held = await commit;
    proxy.refuse(true);
    held.cut();
    await swap;
    const unknown = await room.row(restore.id);
    expect(unknown).toMatchObject({ status: 'unknown' });
    expect(unknown.message).toMatch(/can’t be reached/);
    proxy.refuse(false);
    await reconcileRestore(room.onCall, { restore: restore.label });
    await reconcileRestoreNow(room.system, restore.id, room);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped', message: null });
    target.url = direct;
    await proxy.close();
  });

  it('finds a name that is nobody’s, and gives it back', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { name } = room.planned.live;
    await room.pressSwap(restore);
    const owner = await ownRestore(room.system, restore.id, room.executorId, inStatus('swapping'));
    expect(owner).toBeDefined();
    await room.server(`ALTER DATABASE ${name} RENAME TO ${name}_by_hand`);
    await room.planned.control.db
      .update(tables.restores)
      .set({ heartbeatAt: sql`clock_timestamp() - interval '1 hour'` });
    await takeOverLapsedRestores(room.system, room.executorId);
    expect(await room.row(restore.id)).toMatchObject({ status: 'approved' });
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
    expect((await room.acts(restore.id)).map((act) => act.name)).toContain('put_back');
  });
});

describe.skipIf(!pgDumpFound)('after a swap', { timeout: 120_000 }, () => {
  it('the fence refuses the newer image, is counted, and is released by a person', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    await expect(room.boot()).rejects.toThrow();
    await watchRestoreFences(room.system);
    const seen = await getRestore(room.onCall, { restore: restore.label });
    expect(seen.fence).toMatchObject({ kind: 'trigger', refusals: 1, releasedAt: null });
    expect(seen.events.map(({ kind }) => kind)).toContain('fence.refused');
    expect(seen.events.map(({ seq }) => seq)).toEqual(seen.events.map((_, index) => index + 1));
    expect(seen.acts.map(({ state }) => state)).not.toContain('intent');
    await releaseRestoreFence(room.onCall, { restore: restore.label });
    await performRestoreFenceRelease(room.system, restore.id);
    const after = await getRestore(room.onCall, { restore: restore.label });
    expect(after.fence?.releasedAt).not.toBeNull();
    await room.boot();
    expect(await room.sql(TAGS)).toEqual([{ n: 3 }]);
  });

  it('the former database is dropped when its time is over and somebody types its name', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const { formerDatabase } = await room.row(restore.id);
    const drop = (confirm: string) => dropFormer(room.onCall, { restore: restore.label, confirm });
    await expect(drop(formerDatabase ?? '')).rejects.toMatchObject({ code: 'gate_closed' });
    await room.planned.control.db
      .update(tables.restores)
      .set({ keepUntil: sql`clock_timestamp() - interval '1 minute'` });
    await expect(drop(room.planned.target.name)).rejects.toMatchObject({ code: 'invalid_input' });
    await drop(formerDatabase ?? '');
    await performDropOfFormer(room.system, restore.id, room);
    expect((await room.row(restore.id)).formerDroppedAt).not.toBeNull();
    const left = await room.server('SELECT FROM pg_database WHERE datname = $1', [formerDatabase]);
    expect(left).toEqual([]);
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
    await expect(room.pressSwapBack(restore)).rejects.toMatchObject({ code: 'gate_closed' });
  });
});
