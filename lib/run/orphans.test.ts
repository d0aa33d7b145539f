import { afterAll, beforeAll, expect, it } from 'vitest';
import { installationId } from '@/lib/control';
import { openTarget } from '@/lib/target';
import { takeOverLapsedRuns } from '.';
import { abandon, createRunRoom, EXECUTOR, type RunRoom } from './run.fixture';
import { applicationName, applicationPrefix } from './run-session';

let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

it('a take-over ends the session of its own run, and none of another installation', async () => {
  const ready = await rooms.ready();
  await abandon(ready);
  const installation = await installationId(ready.system);
  const named = (name: string) =>
    openTarget(ready.sample.target, 'write', { applicationName: name });
  const orphan = await named(applicationName(installation, ready.id, 1));
  // The same number in another control database, and another number that begins with the same digits.
  const others = await Promise.all([
    named(applicationName('ffffffff', ready.id, 1)),
    named(applicationName(installation, Number(`${ready.id}0`), 1)),
  ]);
  expect(await takeOverLapsedRuns(ready.system, EXECUTOR)).toBe(1);
  await expect(orphan.query('SELECT 1')).rejects.toThrow();
  for (const other of others) {
    expect((await other.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await other.end();
  }
  expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
});

it('a name fits into what PostgreSQL keeps of it', () => {
  const longest = applicationName('ffffffff', 2_147_483_647, 2_147_483_647);
  expect(longest.startsWith(applicationPrefix('ffffffff', 2_147_483_647))).toBe(true);
  expect(Buffer.byteLength(longest.replace('run', 'watch'))).toBeLessThanOrEqual(63);
});
