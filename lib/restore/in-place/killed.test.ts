import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { until } from '@/lib/testing/fault-room';
import type { Point } from '@/lib/testing/wire-proxy';
import { startRestore } from '..';
import { createExecutors, type Executors } from '../executors.fixture';
import { createInPlaceRoom, type InPlaceRoom } from './in-place-room.fixture';

let room: InPlaceRoom;
let executors: Executors;
afterEach(async () => {
  await executors?.close();
  await room?.close();
});

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

const at = (statement: RegExp, when: Point['when'], nth = 1): Point => ({
  session: /^backstep restore /,
  statement,
  when,
  nth,
});

/** In the order of the protocol. */
const SWAP_POINTS: Point[] = [
  at(/^LOCK TABLE/, 'before'),
  at(/^LOCK TABLE/, 'answered'),
  at(/RENAME TO/, 'before'),
  at(/RENAME TO/, 'answered', 2),
  at(/^COMMIT/, 'before'),
  at(/^COMMIT/, 'answered'),
];

async function expectOneSet(id: number, restored: boolean): Promise<void> {
  const { schemas } = await room.row(id);
  const wanted = (schemas ?? []).flatMap(({ name, restored: copy, former }) =>
    restored ? [name, former] : [name, copy],
  );
  const found = await room.schemas();
  expect(found.filter((name) => !name.startsWith('backstep_restore'))).toEqual(wanted.sort());
  expect(await room.sql(ROOMS)).toEqual([{ n: restored ? 500 : 507 }]);
  expect((await room.acts(id)).filter(({ state }) => state === 'intent')).toEqual([]);
}

describe.skipIf(!pgDumpFound)('an executor killed in place', { timeout: 280_000 }, () => {
  it('in each act of a swap and of a swap back leaves the one set of schemas or the other', async () => {
    room = await createInPlaceRoom();
    executors = await createExecutors(room);
    const restore = await room.restored();
    await room.safety(restore.label);
    for (const point of SWAP_POINTS) {
      await executors.killAt(restore.id, point, () => room.pressSwap(restore));
      const { status } = await room.row(restore.id);
      await expectOneSet(restore.id, status === 'swapped');
      // A COMMIT that arrives late counts as well; what is written down is what is true.
      if (status === 'swapped') break;
    }
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    for (const point of SWAP_POINTS) {
      await executors.killAt(restore.id, point, () => room.pressSwapBack(restore));
      const { status } = await room.row(restore.id);
      await expectOneSet(restore.id, status === 'swapped');
      if (status === 'swapped_back') break;
    }
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped_back' });
  });

  it.each([
    ['before the names are free', at(/^ALTER SCHEMA/, 'before')],
    ['in the middle of the rows', at(/^COPY/, 'before', 2)],
    ['before the commit', at(/^COMMIT/, 'before')],
    ['between the commit and its record', at(/^COMMIT/, 'answered')],
    ['while rows are counted', at(/count\(\*\).* FROM ONLY/, 'answered', 2)],
  ] as const)('%s leaves nothing, and starts again', async (_, point) => {
    room = await createInPlaceRoom();
    executors = await createExecutors(room);
    const { id, label } = await room.create();
    const press = () =>
      startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await executors.killAt(id, point, press);
    expect(await room.row(id)).toMatchObject({ status: 'failed', schemas: null });
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    await executors.start();
    await press();
    await until('it is restored', async () => (await room.row(id)).status === 'approved');
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
  });
});
