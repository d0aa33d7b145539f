import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { useOwnServer } from '@/lib/testing/database';
import { performRestore, readRestoreChoice, startRestore } from '..';
import { createInPlaceRoom, type InPlaceRoom } from './in-place-room.fixture';

let endServer: () => Promise<void>;
let room: InPlaceRoom;
beforeAll(async () => {
  // PostgreSQL has neither prepared transactions nor logical slots unless it is told to.
  endServer = await useOwnServer({ max_prepared_transactions: '4', wal_level: 'logical' });
});
afterEach(() => room?.close());
afterAll(() => endServer());

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

describe.skipIf(!pgDumpFound)('in place', { timeout: 120_000 }, () => {
  it('a prepared transaction is named before anybody is put out', async () => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    await room.sql("BEGIN; INSERT INTO rooms (name) VALUES ('in doubt'); PREPARE TRANSACTION 'p1'");
    const working = await room.planned.live.connect();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/prepared transactions \(p1\)/);
    // Whoever works there has not noticed.
    expect((await working.query(ROOMS)).rows).toEqual([{ n: 507 }]);
    await working.query("ROLLBACK PREPARED 'p1'");
    await working.end();
  });

  it('nothing is restored while a slot would be sent every row, and a publication is told of', async () => {
    room = await createInPlaceRoom();
    const { target, live } = room.planned;
    const { id, label } = await room.create();
    const client = await live.connect();
    await client.query("SELECT pg_create_logical_replication_slot('in_place', 'test_decoding')");
    await client.query(
      "SELECT pg_create_logical_replication_slot('passing', 'test_decoding', true)",
    );
    await client.query('CREATE PUBLICATION feed FOR TABLE rooms');
    try {
      const choice = await readRestoreChoice(room.onCall, { target: target.name });
      expect(choice.inPlace?.why).toMatch(
        /logical replication slot in_place, passing would be sent/,
      );
      expect(choice.inPlace?.remarks.join()).toMatch(/Publications name the present tables.*feed/);
      await startRestore(room.onCall, { restore: label, confirm: target.name });
      await performRestore(room.system, id, room.deps());
      const row = await room.row(id);
      expect(row).toMatchObject({ status: 'failed' });
      expect(row.message).toMatch(/logical replication slot in_place/);
      expect(await room.schemas()).toEqual(['drizzle', 'public']);
    } finally {
      await client.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    }
    // The publication stays: the backup lacks it, which is told and fails nothing.
    await startRestore(room.onCall, { restore: label, confirm: target.name });
    await performRestore(room.system, id, room.deps());
    const row = await room.row(id);
    expect(row).toMatchObject({ status: 'approved', message: null });
    expect(row.evidence?.inPlace?.untouched.join(' ')).toMatch(
      /Not in the backup, and left as it is: .*publication feed/,
    );
    await room.safety(label);
    await room.pressSwap({ label, digest: row.digest ?? '' });
    await room.perform(id);
    expect(await room.row(id)).toMatchObject({ status: 'swapped', message: null });
    // It goes on naming the table that was set aside.
    expect(
      (await client.query("SELECT schemaname FROM pg_publication_tables WHERE pubname = 'feed'"))
        .rows,
    ).toEqual([{ schemaname: 'public_before_er0001' }]);
    await client.end().catch(() => undefined);
  });
});
