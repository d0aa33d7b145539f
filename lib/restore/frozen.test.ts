import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import type { Point } from '@/lib/testing/wire-proxy';
import { startRestore } from '.';
import { createExecutors, type Executors } from './executors.fixture';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
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

async function standStill(...given: Parameters<Executors['standStill']>): Promise<void> {
  executors = await createExecutors(room);
  await executors.standStill(...given);
}

const databases = () =>
  room.server<{ oid: number; name: string }>(
    'SELECT oid::int AS oid, datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1',
    [room.planned.live.name],
  );

describe.skipIf(!pgDumpFound)('an executor that stands still', { timeout: 120_000 }, () => {
  it.each([
    ['before the first rename', at(/RENAME TO/, 'before')],
    ['before the commit', at(/^COMMIT/, 'before')],
  ])('in a swap, %s, and wakes up when it is settled renames nothing', async (_, point) => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const before = await databases();
    await standStill(
      restore.id,
      point,
      () => room.pressSwap(restore),
      async () => (await room.row(restore.id)).status === 'approved',
    );
    expect(await databases()).toEqual(before);
    expect(await room.row(restore.id)).toMatchObject({ status: 'approved' });
    expect(await room.sql('SELECT count(*)::int AS n FROM rooms')).toEqual([{ n: 507 }]);
    expect((await room.acts(restore.id)).filter(({ state }) => state === 'intent')).toEqual([]);
  });

  it('in a restore, and wakes up when it has failed restores nothing', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const { id, label } = await room.create();
    await standStill(
      id,
      at(/^COPY/, 'before'),
      () => startRestore(room.onCall, { restore: label, confirm: room.planned.target.name }),
      async () => (await room.row(id)).status === 'failed',
    );
    expect(await room.row(id)).toMatchObject({ status: 'failed', newOid: null });
    expect((await databases()).map(({ name }) => name)).toEqual([room.planned.live.name]);
  });
});
