import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { readEvents, tables } from '@/lib/control';
import { abandon, createRunRoom, type ReadyRollback, type RunRoom } from './run.fixture';
import { EpochLostError, RunRecord } from './run-record';

let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());
afterEach(() => {
  vi.restoreAllMocks();
});

/** A run whose first step has begun. */
async function begin() {
  const ready = await rooms.ready();
  const runId = await abandon(ready);
  const { target } = ready.sample;
  const key = { rollbackId: ready.id, runId, epoch: 1, target: target.name };
  const record = new RunRecord(ready.system, key);
  record.stepRunningBeside(0);
  return { ready, record };
}

async function stepOf(ready: ReadyRollback) {
  const { rollbackSteps } = tables;
  const [step] = await ready.system.db
    .select({ status: rollbackSteps.status, xid: rollbackSteps.xid })
    .from(rollbackSteps)
    .where(and(eq(rollbackSteps.rollbackId, ready.id), eq(rollbackSteps.position, 0)));
  return step;
}

const loseEpoch = (ready: ReadyRollback) =>
  ready.system.db
    .update(tables.runs)
    .set({ epoch: 99 })
    .where(eq(tables.runs.rollbackId, ready.id));

it('is on the disk when COMMIT may be sent, and is told once', async () => {
  const { ready, record } = await begin();
  record.stepCommittingBeside(0, '901');
  await record.stepCommitting(0, '901');
  expect(await stepOf(ready)).toEqual({ status: 'committing', xid: '901' });
  await record.flush();
  const told = (await readEvents(ready.system, ready.id)).filter(
    ({ kind }) => kind === 'step.committing',
  );
  expect(told).toHaveLength(1);
});

it('is asked for again before a late COMMIT: a run that was taken over meanwhile sends none', async () => {
  const { ready, record } = await begin();
  record.stepCommittingBeside(0, '902');
  await expect.poll(() => stepOf(ready)).toEqual({ status: 'committing', xid: '902' });
  await loseEpoch(ready);
  const later = performance.now() + 150;
  vi.spyOn(performance, 'now').mockReturnValue(later);
  await expect(record.stepCommitting(0, '902')).rejects.toThrow(EpochLostError);
});

it('of another transaction does not count', async () => {
  const { ready, record } = await begin();
  record.stepCommittingBeside(0, '903');
  await record.stepCommitting(0, '904');
  expect((await stepOf(ready))?.xid).toBe('904');
});

it('that can’t be written keeps COMMIT from being sent', async () => {
  const { ready, record } = await begin();
  await loseEpoch(ready);
  record.stepCommittingBeside(0, '905');
  await expect(record.stepCommitting(0, '905')).rejects.toThrow(EpochLostError);
});

it('of a script that failed is over before that is written down', async () => {
  const { ready, record } = await begin();
  record.stepCommittingBeside(0, '906');
  await record.stepUndone(0, {
    position: 0,
    error: { sqlstate: '42P01', message: 'relation does not exist' },
    retryInMs: null,
  });
  expect(await stepOf(ready)).toEqual({ status: 'failed', xid: null });
});
