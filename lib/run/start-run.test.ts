import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents, tables } from '@/lib/control';
import { DEFAULT_POLICY, type RescuePolicy } from '@/lib/core/policy';
import { startRun } from '.';
import { createRunRoom, type ReadyRollback, type RunRoom } from './run.fixture';

let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

const withRescue = (rescue: RescuePolicy) => rooms.ready({ policy: { ...DEFAULT_POLICY, rescue } });

async function start(
  ready: ReadyRollback,
  mode: { allOrNothing?: boolean; rescue?: boolean } = {},
): Promise<void> {
  const { planDigest: digest } = await ready.state();
  const input = { rollback: ready.label, digest, confirm: ready.sample.target.name };
  await startRun(ready.ctx, { ...input, ...mode });
}

/** How the run goes on, in the three places where it is written. */
async function written(ready: ReadyRollback) {
  const [run] = await ready.system.db
    .select({ allOrNothing: tables.runs.allOrNothing, rescue: tables.runs.rescue })
    .from(tables.runs)
    .where(eq(tables.runs.rollbackId, ready.id));
  const event = (await readEvents(ready.system, ready.id)).find(
    ({ kind }) => kind === 'run.queued',
  );
  const audit = (await rooms.room.audit(ready.label)).find(({ action }) => action === 'run.start');
  return { run, event: event?.payload, audit: audit?.payload };
}

async function expectNotStarted(ready: ReadyRollback): Promise<void> {
  expect(await ready.state()).toMatchObject({ status: 'approved' });
  expect(await written(ready)).toEqual({ run: undefined, event: undefined, audit: undefined });
}

describe('how a run goes on is chosen with its start', () => {
  it('step by step and without copies, unless somebody says otherwise', async () => {
    const ready = await rooms.ready();
    await start(ready);
    expect(await written(ready)).toMatchObject({
      run: { allOrNothing: false, rescue: false },
      event: { allOrNothing: false, rescue: false },
      audit: { all_or_nothing: false, rescue: false },
    });
  });

  it('in one transaction and with copies, where both were asked for', async () => {
    const ready = await rooms.ready();
    await start(ready, { allOrNothing: true, rescue: true });
    expect(await written(ready)).toMatchObject({
      run: { allOrNothing: true, rescue: true },
      event: { allOrNothing: true, rescue: true },
      audit: { all_or_nothing: true, rescue: true },
    });
  });

  it('never in one transaction where the plan does not allow it', async () => {
    const ready = await rooms.ready();
    await ready.system.db
      .update(tables.rehearsals)
      .set({
        // What the other steps really took would come on top.
        result: sql`jsonb_set(${tables.rehearsals.result}, '{steps}', (
          SELECT jsonb_agg(
                   step || jsonb_build_object('durationMs', CASE WHEN nth = 1 THEN 60000 ELSE 0 END)
                   ORDER BY nth)
            FROM jsonb_array_elements(${tables.rehearsals.result} -> 'steps')
                 WITH ORDINALITY AS all_steps(step, nth)))`,
      })
      .where(eq(tables.rehearsals.rollbackId, ready.id));
    await expect(start(ready, { allOrNothing: true })).rejects.toMatchObject({
      code: 'gate_closed',
      message: expect.stringMatching(/rehearsal took 60 s/),
    });
    await expectNotStarted(ready);
    await start(ready);
    expect(await ready.state()).toMatchObject({ status: 'running' });
  });

  it('never with copies where the policy keeps none', async () => {
    const ready = await withRescue('off');
    await expect(start(ready, { rescue: true })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/keeps no rescue copies/),
    });
    await expectNotStarted(ready);
    await start(ready);
    expect(await written(ready)).toMatchObject({ run: { rescue: false } });
  });

  it('always with copies where the policy says so', async () => {
    const ready = await withRescue('always');
    await start(ready, { rescue: false });
    expect(await written(ready)).toMatchObject({
      run: { rescue: true },
      event: { rescue: true },
      audit: { rescue: true },
    });
  });
});
