import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { startWireProxy } from '@/lib/testing/wire-proxy';
import { raiseFenceSql } from '@/lib/undo';
import { getRestore, performRestoreFenceRelease, releaseRestoreFence, watchRestoreFences } from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
afterEach(() => room?.close());

const TAGS = 'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations';

async function swapped() {
  const restore = await room.restored();
  await room.pressSwap(restore);
  await room.perform(restore.id);
  return restore;
}

const fenceOf = async (label: string) => (await getRestore(room.onCall, { restore: label })).fence;

/** What a run does in its first step, and a restored database brings along. */
async function raise(rollback: string): Promise<void> {
  for (const statement of raiseFenceSql(room.planned.target.tracking, {
    rollback,
    head: '0001_topic',
  }))
    await room.sql(statement);
}

const actionsOf = async (label: string) =>
  (await room.audit(label)).map(({ action, outcome }) => `${action} ${outcome}`);

describe.skipIf(!pgDumpFound)('the release of a restore’s fence', { timeout: 120_000 }, () => {
  it('is dropped by nobody who stood still until a fence was up again', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await swapped();
    await releaseRestoreFence(room.onCall, { restore: restore.label });
    const { target } = room.planned;
    const direct = target.url;
    const proxy = await startWireProxy(direct);
    target.url = proxy.url;
    const locking = proxy.hold({ statement: /^LOCK TABLE/, when: 'before' });
    const late = performRestoreFenceRelease(room.system, restore.id);
    const held = await locking;
    target.url = direct;
    await performRestoreFenceRelease(room.system, restore.id);
    await room.boot();
    // Under the same name, so that the name alone does not tell.
    await raise(restore.label);
    held.forward();
    await late;
    await proxy.close();
    expect(await fenceOf(restore.label)).toMatchObject({
      releasedAt: expect.any(String),
      releaseError: null,
    });
    await expect(
      room.sql("INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('x', 1)"),
    ).rejects.toMatchObject({ code: '55000' });
    expect(
      (await actionsOf(restore.label)).filter((action) => action.startsWith('fence.release ')),
    ).toEqual(['fence.release done']);
  });

  it('leaves that of a later rollback alone, says whose it is, and is not repeated by a second job', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await swapped();
    await releaseRestoreFence(room.onCall, { restore: restore.label });
    await raise('RB-0009');
    await performRestoreFenceRelease(room.system, restore.id);
    await performRestoreFenceRelease(room.system, restore.id);
    const fence = await fenceOf(restore.label);
    expect(fence?.releasedAt).toBeNull();
    expect(fence?.releaseError).toMatch(/the fence that is up is the one of RB-0009/);
    await expect(room.boot()).rejects.toThrow();
    expect(
      (await actionsOf(restore.label)).filter((action) => action.startsWith('fence.release ')),
    ).toEqual(['fence.release failed']);
  });

  it('waits for whoever holds the tracking table no longer than the policy says', async () => {
    room = await createRestoreRoom({ approvals: 0, lock_timeout_ms: 200 });
    const restore = await swapped();
    await releaseRestoreFence(room.onCall, { restore: restore.label });
    const booting = await room.planned.live.connect();
    await booting.query('BEGIN; LOCK TABLE drizzle.__drizzle_migrations IN ROW EXCLUSIVE MODE');
    await performRestoreFenceRelease(room.system, restore.id);
    await booting.end();
    expect((await fenceOf(restore.label))?.releaseError).toMatch(/lock timeout.*Try again/s);
    await releaseRestoreFence(room.onCall, { restore: restore.label });
    await performRestoreFenceRelease(room.system, restore.id);
    expect((await fenceOf(restore.label))?.releasedAt).not.toBeNull();
    await room.boot();
  });
});

/** As a server does whose role may not put up triggers; the restore makes its own before this is there. */
async function refuseTriggers({ live }: PlannedRollback): Promise<void> {
  const client = await live.connect();
  await client.query(`
    CREATE FUNCTION public.no_triggers() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE insufficient_privilege USING MESSAGE = 'no triggers here'; END $$`);
  await client.query(`
    CREATE EVENT TRIGGER no_triggers ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER')
    EXECUTE FUNCTION public.no_triggers()`);
  await client.end();
}

describe.skipIf(!pgDumpFound)('where no fence can stand', { timeout: 120_000 }, () => {
  it('the target is watched, what comes back is told once, and a person ends it', async () => {
    room = await createRestoreRoom({ approvals: 0 }, refuseTriggers);
    const restore = await swapped();
    expect((await room.row(restore.id)).evidence?.fence).toEqual({
      kind: 'watch',
      why: expect.stringMatching(/may not put up a trigger there: no triggers here/),
    });
    await watchRestoreFences(room.system);
    const quiet = await getRestore(room.onCall, { restore: restore.label });
    expect(quiet.fence).toMatchObject({ kind: 'watch', releasedAt: null });
    expect(quiet.events.map(({ kind }) => kind)).not.toContain('migration.reapplied');
    await room.boot();
    expect(await room.sql(TAGS)).toEqual([{ n: 3 }]);
    await watchRestoreFences(room.system);
    await watchRestoreFences(room.system);
    const told = (await room.audit(restore.label)).filter(
      ({ action }) => action === 'migration.reapplied',
    );
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { rows: [{ tag: '0002_invites', hash: expect.any(String) }] },
    ]);
    await releaseRestoreFence(room.onCall, { restore: restore.label });
    await performRestoreFenceRelease(room.system, restore.id);
    expect((await fenceOf(restore.label))?.releasedAt).not.toBeNull();
    expect(await actionsOf(restore.label)).toContain('watch.end done');
  });

  it('the same where the policy asks for none', async () => {
    room = await createRestoreRoom({ approvals: 0, fence: false });
    const restore = await swapped();
    expect((await room.row(restore.id)).evidence?.fence?.kind).toBe('watch');
    await room.boot();
    await watchRestoreFences(room.system);
    expect(await actionsOf(restore.label)).toContain('migration.reapplied done');
  });
});
