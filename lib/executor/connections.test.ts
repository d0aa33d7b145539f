import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFacts } from '@/lib/control';
import { createFaultRoom, type FaultRoom, type FaultTarget, until } from '@/lib/testing/fault-room';
import { PLAIN } from '@/lib/testing/ledger-history';
import { expectAgreement } from '@/lib/testing/oracle';

/** What networks, locks and two people do to runs of one pair of executors, on a target each. */
let room: FaultRoom;
const RUN = /^backstep run /;
const PATIENT = { policy: { lock_timeout_ms: 60_000 } };

beforeAll(async () => {
  room = await createFaultRoom();
  await room.target(PLAIN);
  await Promise.all([room.executor(), room.executor()]);
});
afterAll(() => room.dispose());

const agreed = (target: FaultTarget) => expectAgreement(room.system(), target);

async function finish(target: FaultTarget): Promise<void> {
  await target.press();
  expect(await target.settled()).toMatchObject({
    status: 'succeeded',
    outcome: 'changed_verified',
  });
  await agreed(target);
}

const CLEAN = { status: 'stopped', outcome: 'nothing_changed', stepsDone: 0 };
const ONE_IN = { status: 'stopped', outcome: 'stopped_clean', stepsDone: 1 };

describe.concurrent('the connection to the target', { timeout: 180_000 }, () => {
  it.each([
    ['cut in a statement', /^DROP INDEX/, 'answered', CLEAN],
    ['cut before COMMIT arrives', /^COMMIT/, 'before', CLEAN],
    ['cut before the answer to COMMIT', /^COMMIT/, 'answered', ONE_IN],
  ] as const)('%s', async (_what, statement, when, end) => {
    const target = await room.target(PLAIN);
    const held = target.proxy.hold({ session: RUN, statement, when });
    await target.press();
    (await held).cut();
    expect(await target.settled()).toMatchObject(end);
    await agreed(target);
    await finish(target);
  });

  it.each([
    ['half-open before COMMIT', 'before', CLEAN],
    ['half-open after COMMIT', 'answered', ONE_IN],
  ] as const)('%s', async (_what, when, end) => {
    const target = await room.target(PLAIN, { policy: { statement_timeout_ms: 1_000 } });
    const held = target.proxy.hold({ session: RUN, statement: /^COMMIT/, when });
    await target.press();
    (await held).silence();
    expect(await target.settled()).toMatchObject(end);
    await agreed(target);
    await finish(target);
  });

  it('is half-open in a statement', async () => {
    const target = await room.target(PLAIN, { policy: { statement_timeout_ms: 1_000 } });
    const held = target.proxy.hold({ session: RUN, statement: /^DROP INDEX/, when: 'answered' });
    await target.press();
    (await held).silence();
    expect(await target.settled()).toMatchObject(CLEAN);
    await agreed(target);
    await finish(target);
  });

  it('is half-open while the session is opened', async () => {
    const target = await room.target(PLAIN);
    const held = target.proxy.hold({ session: RUN, statement: /timeout/, when: 'before' });
    await target.press();
    (await held).silence();
    expect(await target.settled()).toMatchObject(CLEAN);
    await agreed(target);
    await finish(target);
  });

  it('is half-open in the checks before the run: the lock of the target is given up', async () => {
    const target = await room.target(PLAIN);
    const held = target.proxy.hold({
      session: RUN,
      statement: /__drizzle_migrations/,
      when: 'before',
    });
    await target.press();
    (await held).silence();
    expect(await target.settled()).toMatchObject(CLEAN);
    await agreed(target);
    await finish(target);
  });

  it('is half-open while it is asked what became of the run', async () => {
    const target = await room.target(PLAIN);
    const held = target.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'answered' });
    const asked = target.proxy.hold({ session: /^backstep settle/, when: 'before' });
    await target.press();
    (await held).cut();
    (await asked).silence();
    expect(await target.settled()).toMatchObject(ONE_IN);
    await agreed(target);
    await finish(target);
  });

  it('is slow', async () => {
    const target = await room.target(PLAIN);
    target.proxy.slow(15);
    await finish(target);
  });

  it('and every new one are refused: unknown, until the target answers', async () => {
    const target = await room.target(PLAIN);
    const held = target.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'answered' });
    await target.press();
    const at = await held;
    target.proxy.refuse(true);
    at.cut();
    await until('the outcome is unknown', async () => (await target.row()).status === 'unknown');
    await agreed(target);
    target.proxy.refuse(false);
    expect(await target.settled()).toMatchObject(ONE_IN);
    await agreed(target);
    await finish(target);
  });
});

describe.concurrent('others', { timeout: 180_000 }, () => {
  it('deadlock with the step: it is undone, tried again, and goes through', async () => {
    const target = await room.target(PLAIN, PATIENT);
    const other = await target.sample.database.connect();
    // The server ends the one that notices first; this one looks too late.
    await other.query("SET deadlock_timeout = '10min'; BEGIN; SELECT FROM rooms");
    const marked = target.proxy.hold({ session: RUN, statement: /^DROP INDEX/, when: 'before' });
    await target.press();
    const held = await marked;
    // The step has written to the ledger, and now wants rooms.
    const wants = other.query('LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE');
    held.forward();
    await wants;
    await other.end();
    expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
    const undone = (await target.events()).filter(({ kind }) => kind === 'step.undone');
    expect(undone).toMatchObject([{ payload: { error: { sqlstate: '40P01' } } }]);
    await agreed(target);
  });

  it('change the schema in between: nothing more is undone until a person has looked', async () => {
    const target = await room.target(PLAIN);
    const begun = target.proxy.hold({ session: RUN, statement: /^BEGIN/, when: 'before' });
    await target.press();
    const at = await begun;
    await target.sample.sql('CREATE TABLE a_surprise ()');
    at.forward();
    const stopped = await target.settled();
    expect(stopped).toMatchObject({ status: 'stopped', stepsDone: 1 });
    expect(stopped.outcomeMessage).toMatch(/is not the rehearsed one/);
    const verified = (await target.events()).find(({ kind }) => kind === 'step.verified');
    expect(verified?.payload).toMatchObject({
      verification: { ok: false, how: 'different', differences: [{ name: 'public.a_surprise' }] },
    });
    await expectAgreement(room.system(), target, { schemaChanged: true });
    await target.press();
    expect(await target.settled()).toMatchObject({
      status: 'succeeded',
      outcome: 'changed_unverified',
    });
    await expectAgreement(room.system(), target, { schemaChanged: true });
  });

  it('press Run at the same time, for two executors: one run, and the other hears who', async () => {
    const target = await room.target(PLAIN, PATIENT);
    const blocker = await target.sample.database.connect();
    await blocker.query('BEGIN; SELECT FROM rooms');
    const pressed = await Promise.allSettled([target.press(), target.press(), target.press()]);
    expect(pressed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await target.heard('lock.waiting');
    await expect(target.press()).rejects.toMatchObject({
      code: 'gate_closed',
      message: expect.stringMatching(
        /^The run goes on: Sample on_call started it at \d\d:\d\d:\d\d UTC\.$/,
      ),
    });
    const { run } = (await loadFacts(target.ctx, target.id)).input;
    expect(run).toMatchObject({ state: 'running', requestedBy: { name: 'Sample on_call' } });
    expect(run?.startedAt).not.toBeNull();
    await blocker.end();
    expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
    const started = (await target.events()).filter(({ kind }) => kind === 'run.started');
    expect(started).toHaveLength(1);
    await agreed(target);
  });
});
