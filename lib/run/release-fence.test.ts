import { connect, createServer, type Server } from 'node:net';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, tables } from '@/lib/control';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { performFenceRelease, releaseFence } from '.';
import { createRunRoom, type ReadyRollback, type RunRoom } from './run.fixture';

let rooms: RunRoom;
beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

/** Stopped after its first step, with the fence up. */
async function stopped(): Promise<ReadyRollback> {
  const ready = await rooms.ready({
    policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 1 },
  });
  const blocker = await ready.sample.database.connect();
  await blocker.query('BEGIN; SELECT * FROM orders');
  await ready.run();
  await blocker.end();
  expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });
  return ready;
}

async function fenceOf(ready: ReadyRollback) {
  const [fence] = await ready.system.db
    .select()
    .from(tables.fences)
    .where(eq(tables.fences.rollbackId, ready.id));
  if (!fence) throw new Error('no fence was recorded');
  return fence;
}

async function refusesImages(ready: ReadyRollback): Promise<void> {
  await expect(ready.sample.migrate()).rejects.toThrow();
  expect(await ready.trackingRows()).toBe(2);
}

/** Another way to the target, which lets nothing through until it is opened. */
async function heldWay(
  ready: ReadyRollback,
): Promise<{ ctx: Ctx; held: Promise<void>; open(): void; server: Server }> {
  const real = new URL(ready.sample.target.url);
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let here: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    here = resolve;
  });
  const server = createServer({ pauseOnConnect: true }, async (socket) => {
    here();
    await opened;
    const target = connect(Number(real.port), real.hostname);
    socket.on('error', () => target.destroy()).pipe(target);
    target.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(real);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' ? address?.port : '');
  const { config } = ready.system;
  const targets = config.targets.map((target) => ({ ...target, url: url.href }));
  return { ctx: { ...ready.system, config: { ...config, targets } }, held, open, server };
}

describe('the release of a fence, and a run that is resumed', () => {
  it('is over before the run begins, which puts the fence up again', async () => {
    const ready = await stopped();
    const { id, raisedAt } = await fenceOf(ready);
    await releaseFence(ready.ctx, { rollback: ready.label });
    await expect(ready.resume()).rejects.toThrow(/fence is being released/);
    await performFenceRelease(ready.system, id);
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
    const again = await fenceOf(ready);
    expect(again).toMatchObject({ releasedAt: null, releaseRequestedAt: null });
    expect(Date.parse(again.raisedAt)).toBeGreaterThan(Date.parse(raisedAt));
    await refusesImages(ready);
  });

  it('is not repeated by a second job after the first has failed', async () => {
    const ready = await stopped();
    const { id, raisedAt } = await fenceOf(ready);
    await releaseFence(ready.ctx, { rollback: ready.label });
    const run = await ready.sample.database.connect();
    await run.query("SELECT pg_advisory_lock(5730100, hashtext('drizzle.__drizzle_migrations'))");
    await performFenceRelease(ready.system, id);
    await run.end();
    expect((await fenceOf(ready)).releaseError).toMatch(/a run is going on/);
    await ready.resume();
    await performFenceRelease(ready.system, id);
    const again = await fenceOf(ready);
    expect(again).toMatchObject({ releasedAt: null, releaseRequestedAt: null, releaseError: null });
    expect(Date.parse(again.raisedAt)).toBeGreaterThan(Date.parse(raisedAt));
    await refusesImages(ready);
  });

  it('is dropped by nobody who stood still until the fence was up again', async () => {
    const ready = await stopped();
    const { id } = await fenceOf(ready);
    await releaseFence(ready.ctx, { rollback: ready.label });
    const way = await heldWay(ready);
    const late = performFenceRelease(way.ctx, id);
    await way.held;
    await performFenceRelease(ready.system, id);
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
    way.open();
    await late;
    way.server.close();
    expect(await fenceOf(ready)).toMatchObject({ releasedAt: null, releaseError: null });
    await refusesImages(ready);
  });
});
