import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { executeTogether, readEvents, tables } from '@/lib/control';
import { EpochLostError, patchStepSql, type RunKey } from './epoch';
import { ProgressQueue } from './progress-queue';
import { abandon, createRunRoom, type ReadyRollback, type RunRoom } from './run.fixture';

let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

async function begin(epoch = 1) {
  const ready = await rooms.ready();
  const runId = await abandon(ready);
  const { target } = ready.sample;
  const key: RunKey = { rollbackId: ready.id, runId, epoch, target: target.name };
  return { ready, key, queue: new ProgressQueue(ready.system, key) };
}

const started = (position: number) => ({
  event: {
    kind: 'step.started' as const,
    payload: { position, tag: `step ${position}`, attempt: 1 },
  },
});

async function positionsTold(ready: ReadyRollback): Promise<number[]> {
  const events = await readEvents(ready.system, ready.id);
  return events.flatMap((event) => (event.kind === 'step.started' ? [event.payload.position] : []));
}

async function statusOf(ready: ReadyRollback, position: number) {
  const { rollbackSteps } = tables;
  const [step] = await ready.system.db
    .select({ status: rollbackSteps.status })
    .from(rollbackSteps)
    .where(and(eq(rollbackSteps.rollbackId, ready.id), eq(rollbackSteps.position, position)));
  return step?.status;
}

it('writes events and changes of steps in their order', async () => {
  const { ready, key, queue } = await begin();
  queue.add({ patch: patchStepSql(ready.system, key, 0, { status: 'running' }) });
  for (const position of [0, 1, 2]) queue.add(started(position));
  await queue.flush();
  expect(await positionsTold(ready)).toEqual([0, 1, 2]);
  expect(await statusOf(ready, 0)).toBe('running');
});

it('writes nothing before what it follows is written, and waits for that', async () => {
  const { ready, queue } = await begin();
  let recorded: () => void = () => undefined;
  queue.follow(
    new Promise<void>((resolve) => {
      recorded = resolve;
    }),
  );
  queue.add(started(0));
  const flushed = queue.flush();
  // A round to the database, in which a batch that does not wait would have been sent.
  expect(await positionsTold(ready)).toEqual([]);
  recorded();
  await flushed;
  expect(await positionsTold(ready)).toEqual([0]);
});

it('tells whoever flushes or hands over that what it follows was not written', async () => {
  const { ready, queue } = await begin();
  queue.follow(Promise.reject(new Error('the record was refused')));
  queue.add(started(0));
  await expect(queue.flush()).rejects.toThrow('the record was refused');
  await expect(queue.handOver(async () => 'sent')).rejects.toThrow('the record was refused');
  expect(await positionsTold(ready)).toEqual([]);
});

it('hands over what waits, once', async () => {
  const { ready, queue } = await begin();
  queue.add(started(0));
  queue.add(started(1));
  await queue.handOver(async (carried) => {
    const [, ...answers] = await executeTogether(ready.system, [
      sql`SELECT 1`,
      ...carried.statements,
    ]);
    carried.assertWritten(answers);
  });
  queue.add(started(2));
  await queue.flush();
  expect(await positionsTold(ready)).toEqual([0, 1, 2]);
});

it('writes what comes while it hands over after that', async () => {
  const { ready, queue } = await begin();
  queue.add(started(0));
  let written: () => void = () => undefined;
  const writing = new Promise<void>((resolve) => {
    written = resolve;
  });
  const handed = queue.handOver(async (carried) => {
    await writing;
    await executeTogether(ready.system, [sql`SELECT 1`, ...carried.statements]);
  });
  queue.add(started(1));
  const flushed = queue.flush();
  // A round to the database, in which a batch that does not wait would have been sent.
  expect(await positionsTold(ready)).toEqual([]);
  written();
  await handed;
  await flushed;
  expect(await positionsTold(ready)).toEqual([0, 1]);
});

it('keeps what was not written by whom it was handed to', async () => {
  const { ready, queue } = await begin();
  queue.add(started(0));
  const refused = queue.handOver(async () => {
    throw new Error('the history can’t be written');
  });
  await expect(refused).rejects.toThrow('the history can’t be written');
  queue.add(started(1));
  await queue.flush();
  expect(await positionsTold(ready)).toEqual([0, 1]);
});

it('writes nothing of a run that belongs to somebody else', async () => {
  const { ready, key, queue } = await begin(7);
  queue.add(started(0));
  await expect(queue.flush()).rejects.toThrow(EpochLostError);
  const other = new ProgressQueue(ready.system, key);
  other.add({ patch: patchStepSql(ready.system, key, 0, { status: 'running' }) });
  await expect(other.flush()).rejects.toThrow(EpochLostError);
  expect(await positionsTold(ready)).toEqual([]);
  expect(await statusOf(ready, 0)).not.toBe('running');
});
