import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { RUN_LOCK_CLASS } from '@/lib/target';
import { createTestDatabase } from '@/lib/testing/database';
import { startWireProxy, type WireProxy } from '@/lib/testing/wire-proxy';
import { performRestore, startRestore, takeOverLapsedRestores } from '.';
import { openMaintenance, urlOfDatabase } from './maintenance';
import { inStatus, ownRestore, RestoreLostError } from './restore-record';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
let proxy: WireProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await room?.close();
});

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

async function throughProxy(): Promise<WireProxy> {
  const { target } = room.planned;
  proxy = await startWireProxy(target.url);
  target.url = proxy.url;
  return proxy;
}

const isOpen = async (name: string | null): Promise<boolean | undefined> =>
  (
    await room.server<{ open: boolean }>(
      'SELECT datallowconn AS open FROM pg_database WHERE datname = $1',
      [name],
    )
  )[0]?.open;

const swapActs = async (id: number) =>
  (await room.acts(id)).filter(({ what }) => what === 'swap').map(({ name }) => name);

describe.skipIf(!pgDumpFound)('the restored database', { timeout: 120_000 }, () => {
  it('is left by whoever got in while it was being restored', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const wire = await throughProxy();
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    const analyzing = wire.hold({ statement: /^ANALYZE/, when: 'before' });
    const restoring = performRestore(room.system, id, room.deps());
    const held = await analyzing;
    const { newDatabase } = await room.row(id);
    const curious = new pg.Client({
      connectionString: urlOfDatabase(room.planned.live.url, newDatabase ?? ''),
    });
    curious.on('error', () => undefined);
    await curious.connect();
    held.forward();
    await restoring;
    expect(await room.row(id)).toMatchObject({ status: 'approved' });
    await expect(curious.query("INSERT INTO rooms (name) VALUES ('slipped in')")).rejects.toThrow();
  });

  it('is closed again when it was opened to be measured anew and the executor died', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { newDatabase } = await room.row(restore.id);
    await room.pressSwap(restore);
    await ownRestore(room.system, restore.id, room.executorId, inStatus('swapping'));
    await room.server(`ALTER DATABASE ${newDatabase} ALLOW_CONNECTIONS true`);
    await lapse();
    expect(await room.row(restore.id)).toMatchObject({ status: 'approved' });
    expect(await isOpen(newDatabase)).toBe(false);
  });
});

async function lapse(): Promise<void> {
  await room.planned.control.db
    .update(tables.restores)
    .set({ heartbeatAt: sql`clock_timestamp() - interval '1 hour'` });
  await takeOverLapsedRestores(room.system, room.executorId);
}

describe.skipIf(!pgDumpFound)('a swap back that does not go through', { timeout: 120_000 }, () => {
  it('leaves the former database open to be read, as before', async () => {
    room = await createRestoreRoom();
    const restore = await room.swapped();
    const { formerDatabase } = await room.row(restore.id);
    const wire = await throughProxy();
    await room.pressSwapBack(restore);
    const renaming = wire.hold({ statement: /RENAME TO/, when: 'before' });
    const swapping = room.perform(restore.id);
    (await renaming).cut();
    await swapping;
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
    expect(await isOpen(formerDatabase)).toBe(true);
  });
});

describe.skipIf(!pgDumpFound)('nobody is put out by a swap', { timeout: 120_000 }, () => {
  it('when the name for the former database is taken', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { formerDatabase } = await room.row(restore.id);
    await room.server(`CREATE DATABASE ${formerDatabase}`);
    const working = await room.planned.live.connect();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row).toMatchObject({ status: 'approved' });
    expect(row.message).toContain(`already has a database called ${formerDatabase}`);
    expect(await swapActs(restore.id)).toEqual([]);
    expect((await working.query(ROOMS)).rows).toEqual([{ n: 507 }]);
    await working.end();
  });

  it('when a rollback runs in the same database, for another target or by another Backstep', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const running = await room.planned.live.connect();
    await running.query("SELECT pg_advisory_lock($1, hashtext('drizzle.another'))", [
      RUN_LOCK_CLASS,
    ]);
    const {
      rows: [{ pid }],
    } = await running.query('SELECT pg_backend_pid() AS pid');
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row).toMatchObject({ status: 'approved' });
    expect(row.message).toMatch(/^A rollback is being run in this database/);
    expect(row.message).toContain(`process ${pid}`);
    expect(await swapActs(restore.id)).toEqual([]);
    expect((await running.query(ROOMS)).rows).toEqual([{ n: 507 }]);
    await running.query('SELECT pg_advisory_unlock_all()');
    await running.end();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
  });

  it('that was asked for long ago, when there was no executor', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.planned.control.db
      .update(tables.restores)
      .set({ askedAt: sql`clock_timestamp() - interval '1 hour'` });
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row).toMatchObject({ status: 'approved', executorId: null });
    expect(row.message).toMatch(/^It was asked for at .* and no executor was there/);
    expect(await swapActs(restore.id)).toEqual([]);
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
  });

  it('when url leads to another database of the server by then', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const other = await createTestDatabase();
    const { target } = room.planned;
    const before = { url: target.url, readUrl: target.readUrl };
    Object.assign(target, { url: other.url, readUrl: other.url });
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row).toMatchObject({ status: 'approved', digest: restore.digest });
    expect(row.message).toContain('another database than this restore is of');
    expect(await swapActs(restore.id)).toEqual([]);
    Object.assign(target, before);
    await other.drop();
  });
});

describe.skipIf(!pgDumpFound)('between the last look and the rename', { timeout: 120_000 }, () => {
  it('a migration of the present database stops the swap', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const wire = await throughProxy();
    await room.pressSwap(restore);
    const closing = wire.hold({ statement: /ALLOW_CONNECTIONS false/, when: 'before' });
    const swapping = room.perform(restore.id);
    const held = await closing;
    await room.sql(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('late', 1999999999999)",
    );
    held.forward();
    await swapping;
    const row = await room.row(restore.id);
    expect(row).toMatchObject({ status: 'approved' });
    expect(row.message).toMatch(/was migrated while the swap began/);
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
  });
});

describe.skipIf(!pgDumpFound)('an executor that has stood still', { timeout: 120_000 }, () => {
  it('does not end the sessions of the one that has taken over', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    const { system, executorId, planned } = room;
    const row = await room.row(restore.id);
    const stale = await ownRestore(system, restore.id, executorId, inStatus('swapping'));
    const owner = await ownRestore(system, restore.id, executorId, inStatus('swapping'), 'any');
    if (!stale || !owner) throw new Error('it was not owned');
    const session = await openMaintenance(system, planned.target, row, owner);
    await expect(openMaintenance(system, planned.target, row, stale)).rejects.toThrow(
      RestoreLostError,
    );
    expect((await session.client.query('SELECT 1 AS here')).rows).toEqual([{ here: 1 }]);
    await session.close();
  });
});
