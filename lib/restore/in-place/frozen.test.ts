import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import type { Point } from '@/lib/testing/wire-proxy';
import { startRestore } from '..';
import { createExecutors, type Executors } from '../executors.fixture';
import { createInPlaceRoom, type InPlaceRoom } from './in-place-room.fixture';

let room: InPlaceRoom;
let executors: Executors | undefined;
afterEach(async () => {
  await executors?.close();
  executors = undefined;
  await room?.close();
});

const at = (statement: RegExp, when: Point['when']): Point => ({
  session: /^backstep restore /,
  statement,
  when,
});

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

describe.skipIf(!pgDumpFound)(
  'an executor that stands still in place',
  { timeout: 120_000 },
  () => {
    it.each([
      ['before the tables are locked', at(/^LOCK TABLE/, 'before')],
      ['before the commit', at(/^COMMIT/, 'before')],
    ])('in a swap, %s, and wakes up when it is settled renames nothing', async (_, point) => {
      room = await createInPlaceRoom();
      executors = await createExecutors(room);
      const restore = await room.restored();
      await room.safety(restore.label);
      const before = await room.schemas();
      await executors.standStill(
        restore.id,
        point,
        () => room.pressSwap(restore),
        async () => (await room.row(restore.id)).status === 'approved',
      );
      expect(await room.schemas()).toEqual(before);
      expect(await room.row(restore.id)).toMatchObject({ status: 'approved' });
      expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
      expect((await room.acts(restore.id)).filter(({ state }) => state === 'intent')).toEqual([]);
    });

    it.each([
      ['in the middle of the rows', at(/^COPY/, 'before')],
      ['before the commit', at(/^COMMIT/, 'before')],
    ])('in a restore, %s, and wakes up when it has failed restores nothing', async (_, point) => {
      room = await createInPlaceRoom();
      executors = await createExecutors(room);
      const { id, label } = await room.create();
      await executors.standStill(
        id,
        point,
        () => startRestore(room.onCall, { restore: label, confirm: room.planned.target.name }),
        async () => (await room.row(id)).status === 'failed',
      );
      expect(await room.row(id)).toMatchObject({ status: 'failed', schemas: null });
      expect(await room.schemas()).toEqual(['drizzle', 'public']);
    });
  },
);
