import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { openTarget } from '@/lib/target';
import { adminUrl } from '@/lib/testing/database';
import {
  cancelRestore,
  dropFormer,
  performDropOfFormer,
  performDropOfNew,
  performRestore,
  startRestore,
} from '.';
import { atDatabase, urlOfDatabase } from './maintenance';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
afterEach(() => room?.close());

const isThere = async (name: string | null) =>
  (await room.server('SELECT FROM pg_database WHERE datname = $1', [name])).length === 1;

describe.skipIf(!pgDumpFound)('a database is not dropped', { timeout: 120_000 }, () => {
  it('when it was swapped out, and one that nobody knows has the name by now', async () => {
    room = await createRestoreRoom();
    const restore = await room.swapped();
    const { formerDatabase } = await room.row(restore.id);
    const { name } = room.planned.live;
    await room.server(`DROP DATABASE ${name} WITH (FORCE)`);
    await room.server(`CREATE DATABASE ${name}`);
    await room.planned.control.db
      .update(tables.restores)
      .set({ keepUntil: sql`clock_timestamp() - interval '1 minute'` });
    await dropFormer(room.onCall, { restore: restore.label, confirm: formerDatabase ?? '' });
    await performDropOfFormer(room.system, restore.id, room);
    const row = await room.row(restore.id);
    expect(row.formerDroppedAt).toBeNull();
    expect(row.formerDropError).toMatch(/may be all that there is/);
    expect(await isThere(formerDatabase)).toBe(true);
  });

  it('because of what was asked of another one: a swap back forgets a drop that failed', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    await room.planned.control.db
      .update(tables.restores)
      .set({ formerDropRequestedAt: sql`clock_timestamp()`, formerDropError: 'somebody reads it' });
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({
      status: 'swapped_back',
      formerDropRequestedAt: null,
      formerDropError: null,
    });
  });

  it('when it is restored, and somebody has made it their own by its comment', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { newDatabase } = await room.row(restore.id);
    await room.server(`COMMENT ON DATABASE ${newDatabase} IS 'For the forensic people'`);
    await cancelRestore(room.onCall, { restore: restore.label });
    await performDropOfNew(room.system, restore.id, room);
    const row = await room.row(restore.id);
    expect(row.newDroppedAt).toBeNull();
    expect(row.message).toMatch(/left alone/);
    expect(await isThere(newDatabase)).toBe(true);
  });

  it('when it has the name of a restored one, and nothing but large objects in it', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const { id, label } = await room.create();
    const name = `${room.planned.live.name}_restore_${room.backup.replace('B-', 'b')}_er${label.slice(3)}`;
    await room.server(`CREATE DATABASE ${name}`);
    const client = new pg.Client({ connectionString: urlOfDatabase(adminUrl(), name) });
    await client.connect();
    await client.query('SELECT lo_create(4711)');
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await performRestore(room.system, id, room.deps());
    expect((await room.row(id)).message).toMatch(/already has a database called/);
    const { rows } = await client.query('SELECT oid::int FROM pg_largeobject_metadata');
    expect(rows).toEqual([{ oid: 4711 }]);
    await client.end();
  });
});

describe('the address of a database', () => {
  it.each(['plain', 'Ünï "quoted"', "it's + & 50% a=b,c;d@e:f/g$h", 'back\\slash'])(
    'leads to it: %s',
    async (name) => {
      const server = new pg.Client({ connectionString: adminUrl() });
      await server.connect();
      await server.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
      try {
        const url = adminUrl();
        const target = { name: 'shop', url, readUrl: url } as Parameters<typeof atDatabase>[0];
        const client = await openTarget(atDatabase(target, name), 'write');
        const { rows } = await client.query('SELECT current_database() AS name');
        expect(rows).toEqual([{ name }]);
        await client.end();
      } finally {
        await server.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
        await server.end();
      }
    },
  );
});
