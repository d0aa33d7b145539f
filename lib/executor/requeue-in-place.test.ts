import { sql } from 'drizzle-orm';
import { afterEach, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { cancelRestore, performDropOfNew } from '@/lib/restore';
import { createInPlaceRoom, type InPlaceRoom } from '@/lib/restore/in-place/in-place-room.fixture';
import { requeueForgotten } from './requeue';

let room: InPlaceRoom;
afterEach(() => room?.close());

it.skipIf(!pgDumpFound)(
  'schemas of a cancelled restore in place are dropped also when the job for it was lost',
  { timeout: 120_000 },
  async () => {
    room = await createInPlaceRoom();
    const { db, pool } = room.planned.control;
    const { id, label } = await room.restored();
    await cancelRestore(room.onCall, { restore: label });
    await pool.query('DELETE FROM graphile_worker._private_jobs');
    const jobs = async () =>
      (
        await pool.query<{ task: string }>(
          'SELECT task_identifier AS task FROM graphile_worker.jobs',
        )
      ).rows.map(({ task }) => task);
    await requeueForgotten(room.system);
    // It was asked for just now: whoever took the job may be at it.
    expect(await jobs()).not.toContain('drop_restored');
    await db.update(tables.restores).set({ askedAt: sql`clock_timestamp() - interval '1 minute'` });
    await requeueForgotten(room.system);
    expect(await jobs()).toContain('drop_restored');
    await performDropOfNew(room.system, id, room);
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    await pool.query('DELETE FROM graphile_worker._private_jobs');
    await requeueForgotten(room.system);
    expect(await jobs()).not.toContain('drop_restored');
  },
);
