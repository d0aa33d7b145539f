import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { useOwnServer } from '@/lib/testing/database';
import { startWireProxy } from '@/lib/testing/wire-proxy';
import { dropFormer, performDropOfFormer } from '.';
import { urlOfDatabase } from './maintenance';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let endServer: () => Promise<void>;
let room: RestoreRoom;
beforeAll(async () => {
  // PostgreSQL takes no prepared transactions unless it is told to.
  endServer = await useOwnServer({ max_prepared_transactions: '4' });
});
afterEach(() => room?.close());
afterAll(() => endServer());

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

async function prepare(gid: string): Promise<void> {
  const client = await room.planned.live.connect();
  await client.query('BEGIN');
  await client.query("INSERT INTO rooms (name) VALUES ('in doubt')");
  await client.query(`PREPARE TRANSACTION '${gid}'`);
  await client.end();
}

describe.skipIf(!pgDumpFound)('prepared transactions', { timeout: 120_000 }, () => {
  it('of the target are named before anybody is put out', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await prepare('order 7');
    const working = await room.planned.live.connect();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/prepared transactions \(order 7\).*COMMIT PREPARED/s);
    expect((await room.acts(restore.id)).filter(({ what }) => what === 'swap')).toEqual([]);
    // Whoever works there has not noticed.
    expect((await working.query(ROOMS)).rows).toEqual([{ n: 507 }]);
    await working.query("COMMIT PREPARED 'order 7'");
    await working.end();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await room.sql(ROOMS)).toEqual([{ n: 508 }]);
  });

  it('that are prepared while the doors close are named, and the doors open again', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { target } = room.planned;
    const direct = target.url;
    const proxy = await startWireProxy(direct);
    target.url = proxy.url;
    await room.pressSwap(restore);
    const closing = proxy.hold({ statement: /ALLOW_CONNECTIONS false/, when: 'before' });
    const swap = room.perform(restore.id);
    const held = await closing;
    await prepare('order 8');
    held.forward();
    await swap;
    target.url = direct;
    await proxy.close();
    const row = await room.row(restore.id);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/prepared transactions \(order 8\)/);
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
    await room.sql("ROLLBACK PREPARED 'order 8'");
  });

  it('of a former database are named before it is dropped, and it stays open', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const former = (await room.row(restore.id)).formerDatabase ?? '';
    await inFormer(
      former,
      'BEGIN READ WRITE',
      "INSERT INTO rooms (name) VALUES ('in doubt')",
      "PREPARE TRANSACTION 'old 1'",
    );
    await room.planned.control.db
      .update(tables.restores)
      .set({ keepUntil: sql`clock_timestamp() - interval '1 minute'` });
    const drop = async () => {
      await dropFormer(room.onCall, { restore: restore.label, confirm: former });
      await performDropOfFormer(room.system, restore.id, room);
      return room.row(restore.id);
    };
    expect((await drop()).formerDropError).toMatch(/prepared transactions \(old 1\)/);
    await inFormer(former, "ROLLBACK PREPARED 'old 1'");
    expect(await drop()).toMatchObject({ formerDropError: null });
    expect((await room.row(restore.id)).formerDroppedAt).not.toBeNull();
  });
});

async function inFormer(name: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: urlOfDatabase(room.planned.live.url, name) });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
