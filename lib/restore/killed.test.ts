import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { until } from '@/lib/testing/fault-room';
import type { Point } from '@/lib/testing/wire-proxy';
import { startRestore } from '.';
import { createExecutors, type Executors } from './executors.fixture';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
let executors: Executors;
afterEach(async () => {
  await executors?.close();
  await room?.close();
});

const SESSION = /^backstep restore /;
const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

const at = (statement: RegExp, when: Point['when'], nth = 1): Point => ({
  session: SESSION,
  statement,
  when,
  nth,
});

/** In the order of the protocol; the second closing of doors is the present database's. */
const SWAP_POINTS: { name: string; point: Point; through: boolean }[] = [
  {
    name: 'before the doors close',
    point: at(/ALLOW_CONNECTIONS false/, 'before'),
    through: false,
  },
  {
    name: 'with the doors closed',
    point: at(/ALLOW_CONNECTIONS false/, 'answered'),
    through: false,
  },
  { name: 'before the first rename', point: at(/RENAME TO/, 'before'), through: false },
  { name: 'between the renames', point: at(/RENAME TO/, 'answered'), through: false },
  { name: 'before the commit', point: at(/^COMMIT/, 'before'), through: false },
  { name: 'after the commit', point: at(/^COMMIT/, 'answered'), through: true },
];

/** Both databases are there, one has the name, and it lets people in. */
async function expectOneInPlace(id: number, through: boolean): Promise<void> {
  const row = await room.row(id);
  const named = await room.server<{ oid: string; name: string; open: boolean }>(
    `SELECT oid::int8 AS oid, datname AS name, datallowconn AS open FROM pg_database
      WHERE oid IN (${row.presentOid}, ${row.newOid})`,
  );
  const inPlace = named.find(({ name }) => name === row.presentDatabase);
  expect(named).toHaveLength(2);
  expect(Number(inPlace?.oid)).toBe(through ? row.newOid : row.presentOid);
  expect(inPlace?.open).toBe(true);
  expect(await room.sql(ROOMS)).toEqual([{ n: through ? 500 : 507 }]);
  expect((await room.acts(id)).filter(({ state }) => state === 'intent')).toEqual([]);
}

const killAt = (id: number, point: Point, press: () => Promise<void>): Promise<void> =>
  executors.killAt(id, point, press);

describe.skipIf(!pgDumpFound)('an executor killed', { timeout: 280_000 }, () => {
  it('in each act of a swap leaves one of the two databases in place, and the next swap goes on', async () => {
    room = await createRestoreRoom();
    executors = await createExecutors(room);
    const restore = await room.approved();
    for (const { name, point, through } of SWAP_POINTS) {
      await killAt(restore.id, point, () => room.pressSwap(restore));
      const { status } = await room.row(restore.id);
      // A COMMIT that arrives late counts as well; what is written down is what is true.
      const done = status === 'swapped';
      if (point.when === 'answered' || !/COMMIT/.test(String(point.statement)))
        expect([name, done]).toEqual([name, through]);
      await expectOneInPlace(restore.id, done);
      if (done) break;
    }
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    expect((await room.audit(restore.label)).map(({ outcome }) => outcome)).toContain('failed');
  });

  it('in each act of a swap back likewise', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    executors = await createExecutors(room);
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    for (const { point } of SWAP_POINTS) {
      await killAt(restore.id, point, () => room.pressSwapBack(restore));
      const { status } = await room.row(restore.id);
      await expectOneInPlace(restore.id, status === 'swapped');
      if (status === 'swapped_back') break;
    }
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped_back' });
  });

  it.each([
    ['after it is created', at(/^CREATE DATABASE/, 'answered')],
    ['in the middle of the rows', at(/^COPY/, 'before')],
    ['while rows are counted', at(/count\(\*\).* FROM ONLY/, 'answered', 2)],
    ['before the doors close', at(/ALLOW_CONNECTIONS false/, 'before')],
  ] as const)('%s drops what it has made, and starts again', async (_, point) => {
    room = await createRestoreRoom({ approvals: 0 });
    executors = await createExecutors(room);
    const { id, label } = await room.create();
    const press = () =>
      startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await killAt(id, point, press);
    expect(await room.row(id)).toMatchObject({ status: 'failed', newOid: null });
    const left = await room.server('SELECT FROM pg_database WHERE datname LIKE $1', [
      `${room.planned.live.name}\\_%`,
    ]);
    expect(left).toEqual([]);
    await executors.start();
    await press();
    await until('it is restored', async () => (await room.row(id)).status === 'approved');
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
  });
});
