import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { until } from '@/lib/testing/fault-room';
import type { Point } from '@/lib/testing/wire-proxy';
import { cancelRestore, dropFormer, performDropOfFormer } from '.';
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

const POINTS: [string, Point][] = [
  ['before the doors close', at(/ALLOW_CONNECTIONS false/, 'before')],
  ['with the doors closed', at(/ALLOW_CONNECTIONS false/, 'answered')],
  ['before it is dropped', at(/^DROP DATABASE/, 'before')],
  ['before anybody has heard that it is', at(/^DROP DATABASE/, 'answered')],
];

/** What was restored and not swapped in has its doors closed anyway: the first two are not met there. */
const DOORS = 2;

/** An executor that is killed there, and another one that comes after it. */
async function killAt(id: number, point: Point, press: () => Promise<void>): Promise<void> {
  executors = await createExecutors(room);
  const first = await executors.start();
  const held = executors.proxy.hold(point);
  await press();
  await held;
  await first.kill();
  executors.proxy.cut(/^backstep restore /);
  await executors.lapse(id);
  await executors.start();
}

const names = async () =>
  (
    await room.server<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1',
      [room.planned.live.name],
    )
  ).map(({ name }) => name);

async function expectNoIntents(id: number): Promise<void> {
  expect((await room.acts(id)).filter(({ state }) => state === 'intent')).toEqual([]);
}

async function outOfTime(): Promise<void> {
  await room.planned.control.db
    .update(tables.restores)
    .set({ keepUntil: sql`clock_timestamp() - interval '1 minute'` });
}

describe.skipIf(!pgDumpFound)('an executor that is killed', { timeout: 180_000 }, () => {
  it.each(POINTS)(
    'while it drops the former database, %s: it goes once, and only it',
    async (_, point) => {
      room = await createRestoreRoom({ approvals: 0 });
      const restore = await room.restored();
      await room.pressSwap(restore);
      await room.perform(restore.id);
      await outOfTime();
      const former = (await room.row(restore.id)).formerDatabase ?? '';
      await killAt(restore.id, point, () =>
        dropFormer(room.onCall, { restore: restore.label, confirm: former }),
      );
      await until(
        'it is dropped',
        async () => (await room.row(restore.id)).formerDroppedAt !== null,
      );
      expect(await names()).toEqual([room.planned.live.name]);
      expect(await room.row(restore.id)).toMatchObject({
        status: 'swapped',
        formerDropError: null,
      });
      const audit = (await room.audit(restore.label)).filter(
        ({ action }) => action === 'restore.drop_former',
      );
      expect(audit.map(({ outcome }) => outcome)).toEqual(['done']);
      await expectNoIntents(restore.id);
      expect(await room.sql('SELECT count(*)::int AS n FROM rooms')).toEqual([{ n: 500 }]);
    },
  );

  it.each(POINTS.slice(DOORS))(
    'while it drops what a cancelled restore has made, %s: it goes',
    async (_, point) => {
      room = await createRestoreRoom();
      const restore = await room.restored();
      await killAt(restore.id, point, () => cancelRestore(room.onCall, { restore: restore.label }));
      await until('it is dropped', async () => (await room.row(restore.id)).newDroppedAt !== null);
      expect(await names()).toEqual([room.planned.live.name]);
      await expectNoIntents(restore.id);
      expect(await room.sql('SELECT count(*)::int AS n FROM rooms')).toEqual([{ n: 507 }]);
    },
  );

  it('or a server that crashed in the middle of the drop leaves half a database, which goes as well', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    await outOfTime();
    const former = (await room.row(restore.id)).formerDatabase ?? '';
    // How PostgreSQL marks a database whose files may be gone in part.
    await room.server(
      'UPDATE pg_database SET datconnlimit = -2, datallowconn = false WHERE datname = $1',
      [former],
    );
    await dropFormer(room.onCall, { restore: restore.label, confirm: former });
    await performDropOfFormer(room.system, restore.id, room);
    expect((await room.row(restore.id)).formerDroppedAt).not.toBeNull();
    expect(await names()).toEqual([room.planned.live.name]);
  });
});
