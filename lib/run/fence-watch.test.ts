import { type AddressInfo, createServer } from 'node:net';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFacts, readEvents, tables } from '@/lib/control';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { performFenceRelease, performRun, releaseFence, watchFences } from '.';
import { createRunRoom, DEPS, type ReadyRollback, type RunRoom } from './run.fixture';

let rooms: RunRoom;
beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

async function undone(fence = true): Promise<ReadyRollback> {
  const ready = await rooms.ready({ policy: { ...DEFAULT_POLICY, fence } });
  await ready.run();
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

async function eventsOf(ready: ReadyRollback, kind: string) {
  return (await readEvents(ready.system, ready.id)).filter((event) => event.kind === kind);
}

async function audited(ready: ReadyRollback, action: string) {
  const rows = await ready.system.db
    .select()
    .from(tables.auditLog)
    .where(and(eq(tables.auditLog.subject, ready.label), eq(tables.auditLog.action, action)));
  return rows.map(({ payload }) => payload);
}

describe('where the fence stands', () => {
  it('sees the images that it refuses', async () => {
    const ready = await undone();
    await watchFences(ready.system);
    expect(await fenceOf(ready)).toMatchObject({
      refusals: 0,
      lastRefusedAt: null,
      lookError: null,
    });
    await expect(ready.sample.migrate()).rejects.toThrow();
    await expect(ready.sample.migrate()).rejects.toThrow();
    await watchFences(ready.system);
    await watchFences(ready.system);
    expect(await fenceOf(ready)).toMatchObject({ refusals: 2, lastRefusedAt: expect.any(String) });
    expect(await eventsOf(ready, 'fence.refused')).toMatchObject([
      { payload: { count: 2, total: 2 } },
    ]);
    expect(await audited(ready, 'fence.refused')).toEqual([{ count: 2, total: 2 }]);
    expect(await eventsOf(ready, 'migration.reapplied')).toEqual([]);
  });

  it('sees that somebody has removed it, once, and counts it as released', async () => {
    const ready = await undone();
    await ready.sample.sql('DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations');
    await watchFences(ready.system);
    await watchFences(ready.system);
    const fence = await fenceOf(ready);
    expect(fence.removedByHandAt).not.toBeNull();
    expect(fence.releasedAt).not.toBeNull();
    expect(await eventsOf(ready, 'fence.removed_by_hand')).toHaveLength(1);
    expect(await audited(ready, 'fence.removed_by_hand')).toHaveLength(1);
  });

  it('says what has come back in the moment when it was removed', async () => {
    const ready = await undone();
    await ready.sample.sql('DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations');
    await ready.sample.migrate();
    await watchFences(ready.system);
    const fence = await fenceOf(ready);
    expect(fence.removedByHandAt).not.toBeNull();
    expect(fence.reapplied.map(({ tag }) => tag)).toEqual(['0002_order_note', '0003_coupons']);
    expect(await eventsOf(ready, 'migration.reapplied')).toHaveLength(1);
  });

  it('names nobody for a removal by hand, not even who asked for the release in vain', async () => {
    const ready = await undone();
    await releaseFence(ready.ctx, { rollback: ready.label });
    await ready.sample.sql(
      `COMMENT ON TRIGGER backstep_fence ON drizzle.__drizzle_migrations IS '{"rollback":"RB-9999","head":"x"}'`,
    );
    await performFenceRelease(ready.system, (await fenceOf(ready)).id);
    expect((await fenceOf(ready)).releaseError).toMatch(/RB-9999/);
    await ready.sample.sql('DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations');
    await watchFences(ready.system);
    const { input } = await loadFacts(ready.system, ready.id);
    expect(input.fence).toMatchObject({ releasedAt: expect.any(String), releasedBy: null });
  });

  it('says of a release that there was nothing left to drop', async () => {
    const ready = await undone();
    await ready.sample.sql('DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations');
    await releaseFence(ready.ctx, { rollback: ready.label });
    await performFenceRelease(ready.system, (await fenceOf(ready)).id);
    expect((await fenceOf(ready)).releasedAt).not.toBeNull();
    expect(await eventsOf(ready, 'fence.removed_by_hand')).toMatchObject([
      { payload: { message: expect.stringContaining('no trigger left to drop') } },
    ]);
    expect(await eventsOf(ready, 'fence.released')).toHaveLength(1);
    expect(await audited(ready, 'fence.release')).toEqual([{ head: '0001_orders', wasGone: true }]);
  });

  it('leaves out what the fence of another rollback refuses', async () => {
    const ready = await undone();
    await ready.sample.sql(
      `COMMENT ON TRIGGER backstep_fence ON drizzle.__drizzle_migrations IS '{"rollback":"RB-9999","head":"x"}'`,
    );
    await ready.sample.migrate().catch(() => undefined);
    await watchFences(ready.system);
    expect(await fenceOf(ready)).toMatchObject({ refusals: 0, removedByHandAt: null });
  });

  it('is looked at by url: behind read_url may be a standby that lags', async () => {
    const ready = await undone();
    await ready.sample.migrate().catch(() => undefined);
    const targets = ready.system.config.targets.map((target) => ({
      ...target,
      readUrl: 'postgres://me@127.0.0.1:1/nowhere',
    }));
    await watchFences({ ...ready.system, config: { ...ready.system.config, targets } });
    expect(await fenceOf(ready)).toMatchObject({ refusals: 1, lookError: null });
  });

  it('takes a disabled trigger for none', async () => {
    const ready = await undone();
    await ready.sample.sql(
      'ALTER TABLE drizzle.__drizzle_migrations DISABLE TRIGGER backstep_fence',
    );
    await watchFences(ready.system);
    expect((await fenceOf(ready)).removedByHandAt).not.toBeNull();
  });

  it('does not take a release for a removal by hand', async () => {
    const ready = await undone();
    await releaseFence(ready.ctx, { rollback: ready.label });
    const { id } = await fenceOf(ready);
    await Promise.all([performFenceRelease(ready.system, id), watchFences(ready.system)]);
    await watchFences(ready.system);
    expect(await fenceOf(ready)).toMatchObject({ removedByHandAt: null });
    expect(await eventsOf(ready, 'fence.removed_by_hand')).toEqual([]);
  });

  it('waits with a removal until the run is over, which puts the fence up again', async () => {
    const ready = await rooms.ready({
      policy: { ...DEFAULT_POLICY, lock_timeout_ms: 200, step_attempts: 1 },
    });
    const blocker = await ready.sample.database.connect();
    await blocker.query('BEGIN; SELECT * FROM orders');
    await ready.run();
    await blocker.end();
    expect(await ready.state()).toMatchObject({ status: 'stopped', stepsDone: 1 });
    await ready.sample.sql('DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations');
    await ready.resume({
      async confirmBackup() {
        await watchFences(ready.system);
        return { ok: true };
      },
    });
    await watchFences(ready.system);
    expect(await ready.state()).toMatchObject({ status: 'succeeded' });
    expect(await fenceOf(ready)).toMatchObject({ removedByHandAt: null, releasedAt: null });
    expect(await eventsOf(ready, 'fence.removed_by_hand')).toEqual([]);
  });

  it('raises no alarm while a run goes on', async () => {
    const ready = await rooms.ready();
    const run = await ready.press();
    const looks: Promise<void>[] = [];
    await performRun(ready.system, run, {
      ...DEPS,
      async checkPlan(...asked) {
        looks.push(watchFences(ready.system));
        return DEPS.checkPlan(...asked);
      },
    });
    await Promise.all(looks);
    await watchFences(ready.system);
    expect(await fenceOf(ready)).toMatchObject({ removedByHandAt: null, reapplied: [] });
  });
});

describe('where only a watch stands', () => {
  it('says what has been applied again, and by which names, once', async () => {
    const ready = await undone(false);
    expect(await fenceOf(ready)).toMatchObject({ kind: 'watch', why: expect.any(String) });
    await watchFences(ready.system);
    expect((await fenceOf(ready)).reapplied).toEqual([]);
    await ready.sample.migrate();
    await watchFences(ready.system);
    await watchFences(ready.system);
    expect((await fenceOf(ready)).reapplied.map(({ tag }) => tag)).toEqual([
      '0002_order_note',
      '0003_coupons',
    ]);
    const [alert, ...more] = await eventsOf(ready, 'migration.reapplied');
    expect(more).toEqual([]);
    expect(alert?.payload).toMatchObject({
      message: expect.stringMatching(/^0002_order_note, 0003_coupons are applied again/),
    });
    expect(await audited(ready, 'migration.reapplied')).toHaveLength(1);
  });

  it('ends with the release, which drops nothing', async () => {
    const ready = await undone(false);
    await releaseFence(ready.ctx, { rollback: ready.label });
    await performFenceRelease(ready.system, (await fenceOf(ready)).id);
    expect(await eventsOf(ready, 'watch.ended')).toHaveLength(1);
    expect(await audited(ready, 'watch.end')).toHaveLength(1);
    await ready.sample.migrate();
    await watchFences(ready.system);
    expect(await eventsOf(ready, 'migration.reapplied')).toEqual([]);
  });
});

describe('a target that can’t be looked at', () => {
  it('is named with its reason, and holds up no other', async () => {
    const [away, here] = [await undone(), await undone()];
    const targets = away.system.config.targets.map((target) =>
      target.name === away.sample.target.name
        ? { ...target, url: 'postgres://me:a-secret@127.0.0.1:1/nowhere' }
        : target,
    );
    const config = { ...away.system.config, targets: [...targets, ...here.system.config.targets] };
    await here.sample.migrate().catch(() => undefined);
    await watchFences({ ...away.system, config });
    const fence = await fenceOf(away);
    expect(fence.lookError).toContain('can’t be reached');
    expect(fence.lookError).not.toContain('a-secret');
    expect(await fenceOf(here)).toMatchObject({ refusals: 1, lookError: null });
  });

  it('is given up when it accepts and never answers', async () => {
    const ready = await undone();
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const targets = ready.system.config.targets.map((target) => ({
      ...target,
      url: `postgres://me@127.0.0.1:${port}/silent`,
    }));
    const began = performance.now();
    await watchFences({ ...ready.system, config: { ...ready.system.config, targets } });
    expect(performance.now() - began).toBeLessThan(5_000);
    silent.close();
    expect((await fenceOf(ready)).lookError).toContain('nothing answered in time');
  });

  it('is not believed when it is another database', async () => {
    const [ready, other] = [await undone(), await undone()];
    const targets = ready.system.config.targets.map((target) => ({
      ...target,
      url: other.sample.target.url,
    }));
    await watchFences({ ...ready.system, config: { ...ready.system.config, targets } });
    expect((await fenceOf(ready)).lookError).toContain('another database');
  });
});
