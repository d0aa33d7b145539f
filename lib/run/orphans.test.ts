import { afterAll, beforeAll, expect, it } from 'vitest';
import { installationId, loadFacts } from '@/lib/control';
import { openTarget } from '@/lib/target';
import { takeOverLapsedRuns } from '.';
import { endSession } from './end-session';
import { preflight } from './preflight';
import { abandon, createRunRoom, DEPS, EXECUTOR, type RunRoom } from './run.fixture';
import { EpochLostError, RunRecord } from './run-record';
import { applicationName, applicationPrefix, openRunSession, takeSessionLock } from './run-session';
import { settle } from './settle';

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

it('an executor that stood still before it opened its session ends nothing of who took over', async () => {
  const ready = await rooms.ready();
  const facts = await loadFacts(ready.system, ready.id);
  const open = () => openRunSession(ready.system, ready.sample.target, ready.id, 1);
  const resumed = await open();
  expect(await takeSessionLock(resumed, facts.row.plan.tracking)).toBe(true);
  const late = await open();
  const checks = preflight(ready.system, facts, late, DEPS, {
    tell: () => undefined,
    stillOurs: () => Promise.reject(new EpochLostError()),
  });
  await expect(checks).rejects.toThrow(EpochLostError);
  expect((await resumed.client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  await Promise.all([resumed.close(), late.close()]);
});

it('an executor that stood still before it settled a run ends nothing of who has resumed it', async () => {
  const ready = await rooms.ready();
  const runId = await abandon(ready);
  const { target } = ready.sample;
  const key = { rollbackId: ready.id, runId, epoch: 1, target: target.name };
  // Somebody else has taken over, and by now the rollback goes on in a session of the same name.
  expect(await takeOverLapsedRuns(ready.system, EXECUTOR)).toBe(1);
  const resumed = await openRunSession(ready.system, target, ready.id, 1);
  await expect(settle(ready.system, ready.id, new RunRecord(ready.system, key))).rejects.toThrow(
    EpochLostError,
  );
  expect((await resumed.client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  // The same where it had asked already whose the run is.
  const facts = await loadFacts(ready.system, ready.id);
  const late = await openTarget(target, 'write', { applicationName: 'backstep settle' });
  const younger = await openRunSession(ready.system, target, ready.id, 1);
  await resumed.close();
  expect(await endSession(ready.system, late, facts)).toBeNull();
  expect((await younger.client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  await Promise.all([younger.close(), late.end()]);
});

it('a name fits into what PostgreSQL keeps of it', () => {
  const longest = applicationName('ffffffff', 2_147_483_647, 2_147_483_647);
  expect(longest.startsWith(applicationPrefix('ffffffff', 2_147_483_647))).toBe(true);
  expect(Buffer.byteLength(longest.replace('run', 'watch'))).toBeLessThanOrEqual(63);
});
