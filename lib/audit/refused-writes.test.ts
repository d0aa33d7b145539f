import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '@/lib/control';
import { startRun, takeOverLapsedRuns } from '@/lib/run';
import {
  createRunRoom,
  EXECUTOR,
  lapse,
  type ReadyRollback,
  type RunRoom,
} from '@/lib/run/run.fixture';
import { verifyChain } from '.';

let rooms: RunRoom;
beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

const control = (sql: string) => rooms.room.room.control.pool.query(sql);

/** From now on the history takes no row, or none about this act. */
async function refuseWrites(action?: string): Promise<void> {
  await control(`
    CREATE FUNCTION public.no_history() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN RAISE insufficient_privilege USING MESSAGE = ''permission denied for table audit_log''; END';
    CREATE TRIGGER no_history BEFORE INSERT ON backstep.audit_log FOR EACH ROW
      ${action ? `WHEN (NEW.action = '${action}')` : ''} EXECUTE FUNCTION public.no_history()`);
}
const allowWrites = () => control('DROP FUNCTION IF EXISTS public.no_history() CASCADE');
afterEach(allowWrites);

async function expectUntouched(ready: ReadyRollback): Promise<void> {
  expect(await ready.trackingRows()).toBe(4);
  expect(await ready.columns('orders')).toEqual(['id', 'note']);
  expect(await ready.columns('coupons')).toEqual(['code']);
}

const checksOf = async (ready: ReadyRollback) =>
  (await readEvents(ready.system, ready.id)).flatMap((event) =>
    event.kind === 'preflight.check' && event.payload.name === 'History writable'
      ? [event.payload]
      : [],
  );

describe('a history that takes no row', () => {
  it('lets nobody press Run', async () => {
    const ready = await rooms.ready();
    const { planDigest: digest } = await ready.state();
    await refuseWrites();
    const input = { rollback: ready.label, digest, confirm: ready.sample.target.name };
    await expect(startRun(ready.ctx, input)).rejects.toThrow();
    expect((await ready.state()).status).toBe('approved');
    const { rowCount } = await control(`SELECT FROM backstep.runs WHERE rollback_id = ${ready.id}`);
    expect(rowCount).toBe(0);
    await expectUntouched(ready);
  });

  it('keeps a run that was asked for from starting, and the checks say why', async () => {
    const ready = await rooms.ready();
    const run = await ready.press();
    await refuseWrites('run.preflight');
    await ready.perform(run);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/history can’t be written: permission denied/);
    expect(await checksOf(ready)).toEqual([
      {
        name: 'History writable',
        ok: false,
        evidence: expect.stringMatching(/permission denied for table audit_log/),
      },
    ]);
    expect(await ready.kinds()).not.toContain('step.started');
    await expectUntouched(ready);
  });

  it('leaves the end of such a run open until it takes rows again', async () => {
    const ready = await rooms.ready();
    const run = await ready.press();
    await refuseWrites();
    await expect(ready.perform(run)).rejects.toThrow();
    expect((await ready.state()).status).toBe('running');
    await expectUntouched(ready);
    await lapse(ready, run);
    await expect(takeOverLapsedRuns(ready.system, EXECUTOR)).rejects.toThrow();
    expect((await ready.state()).status).toBe('running');
    await allowWrites();
    await lapse(ready, run);
    await takeOverLapsedRuns(ready.system, EXECUTOR);
    expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
    await expectUntouched(ready);
  });

  it.each([
    ['step by step', {}],
    ['in one transaction', { allOrNothing: true }],
  ])('lets no COMMIT through in the middle of a run: %s', async (_name, mode) => {
    const ready = await rooms.ready();
    const run = await ready.press(mode);
    await refuseWrites('run.step');
    await ready.perform(run);
    const state = await ready.state();
    expect(state).toMatchObject({ status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 });
    expect(state.outcomeMessage).toMatch(/history can’t be written/);
    expect(await ready.kinds()).toContain('step.undone');
    expect(await ready.kinds()).not.toContain('step.committed');
    await expectUntouched(ready);
    await allowWrites();
    await ready.resume();
    expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
  });

  it('the try before a COMMIT leaves no row, and the chain whole', async () => {
    const ready = await rooms.ready();
    await ready.run();
    const { rows } = await control(
      `SELECT payload -> 'position' AS position FROM backstep.audit_log
       WHERE action = 'run.step' AND subject = '${ready.label}' ORDER BY seq`,
    );
    expect(rows).toEqual([{ position: 0 }, { position: 1 }]);
    const auditor = rooms.room.room.as(rooms.room.room.people.auditor);
    expect((await verifyChain(auditor)).ok).toBe(true);
  });
});
