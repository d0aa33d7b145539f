import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { tables } from '@/lib/control';
import {
  waitForBlockedControl,
  waitForGone,
  waitOnControlClock,
} from '@/lib/testing/control-sessions';
import { createFaultRoom, type FaultRoom, type FaultTarget } from '@/lib/testing/fault-room';
import { PLAIN } from '@/lib/testing/ledger-history';
import { expectAgreement } from '@/lib/testing/oracle';

/**
 * Real executors that die, stand still or have a wrong clock. Each of these waits for a lease of ten
 * seconds, so they go on side by side.
 */
const PATIENT = { policy: { lock_timeout_ms: 120_000 } };
const RUN = /^backstep run /;

async function inRoom(work: (room: FaultRoom) => Promise<void>): Promise<void> {
  const room = await createFaultRoom();
  try {
    await work(room);
  } finally {
    await room.dispose();
  }
}

/** Goes on from where the run stopped, to the end. */
async function resume(room: FaultRoom, target: FaultTarget): Promise<void> {
  await target.press();
  expect(await target.settled()).toMatchObject({
    status: 'succeeded',
    outcome: 'changed_verified',
  });
  await expectAgreement(room.system(), target);
}

const epochOf = async (room: FaultRoom, { id }: FaultTarget) =>
  (await room.control.db.select().from(tables.runs).where(eq(tables.runs.rollbackId, id))).map(
    ({ epoch }) => epoch,
  );

describe.concurrent('an executor', { timeout: 240_000 }, () => {
  it('killed before BEGIN, in a statement, before COMMIT, after it and after its answer', async () => {
    await inRoom(async (room) => {
      const at = async () => room.target(PLAIN, PATIENT);
      const [begin, statement, commit, committed, answered] = [
        await at(),
        await at(),
        await at(),
        await at(),
        await at(),
      ];
      const executors = [await room.executor(), await room.executor()];
      const blocker = await statement.sample.database.connect();
      await blocker.query('BEGIN; SELECT FROM rooms');
      const holds = [
        begin.proxy.hold({ session: RUN, statement: /^BEGIN/, when: 'before' }),
        commit.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'before' }),
        committed.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'answered' }),
        answered.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'answered' }),
      ];
      for (const target of [begin, statement, commit, committed, answered]) await target.press();
      const [atBegin, atCommit, atCommitted, atAnswer] = await Promise.all(holds);
      await statement.heard('lock.waiting');

      // The answer arrives, and the control database does not get to write it down.
      const hindrance = await room.control.pool.connect();
      await hindrance.query('BEGIN');
      await hindrance.query('SELECT FROM backstep.rollbacks WHERE id = $1 FOR UPDATE', [
        answered.id,
      ]);
      atAnswer?.forward();
      await waitForBlockedControl(room.control, '%"backstep"."rollbacks"%');

      await Promise.all(executors.map((executor) => executor.kill()));
      hindrance.release(true);
      // The one message arrives late, one session stays behind with all its locks, one connection ends.
      atBegin?.forward();
      atCommit?.silence();
      atCommitted?.cut();
      await room.executor();

      for (const target of [begin, statement, commit]) {
        expect(await target.settled()).toMatchObject({
          status: 'stopped',
          outcome: 'nothing_changed',
          stepsDone: 0,
        });
      }
      for (const target of [committed, answered]) {
        expect(await target.settled()).toMatchObject({
          status: 'stopped',
          outcome: 'stopped_clean',
          stepsDone: 1,
        });
      }
      const all = [begin, statement, commit, committed, answered];
      for (const target of all) await expectAgreement(room.system(), target);
      await blocker.end();
      await Promise.all(all.map((target) => resume(room, target)));
    });
  });

  it('stopped past its lease and taken over: it wakes up and commits nothing', async () => {
    await inRoom(async (room) => {
      const before = await room.target(PLAIN);
      const after = await room.target(PLAIN);
      const late = await room.executor();
      const holds = [
        before.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'before' }),
        after.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'answered' }),
      ];
      await before.press();
      await after.press();
      const [atCommit, atAnswer] = await Promise.all(holds);
      late.freeze();
      await room.executor();
      expect(await before.settled()).toMatchObject({ status: 'stopped', stepsDone: 0 });
      expect(await after.settled()).toMatchObject({ status: 'stopped', stepsDone: 1 });

      late.thaw();
      atCommit?.forward();
      atAnswer?.forward();
      await Promise.all([before, after].map(waitForGone));
      expect(late.ended()).toBeUndefined();
      for (const target of [before, after]) {
        expect(await epochOf(room, target)).toEqual([2]);
        await expectAgreement(room.system(), target);
        await resume(room, target);
      }
    });
  });

  it('whose clock is an hour off keeps every lease, backup and approval', async () => {
    await inRoom(async (room) => {
      const target = await room.target(PLAIN, {
        policy: { lock_timeout_ms: 120_000, backup_max_age_minutes: 30 },
      });
      const asked = await room.target(PLAIN, {
        policy: { approvals: 1, approval_max_age_hours: 0.5 },
      });
      const { rowCount } = await room.control.pool.query(
        `UPDATE backstep.rollbacks SET status = 'awaiting_approval', approval_requested_at = clock_timestamp()
         WHERE id = $1`,
        [asked.id],
      );
      expect(rowCount).toBe(1);
      const blocker = await target.sample.database.connect();
      await blocker.query('BEGIN; SELECT FROM rooms');
      await room.executor({ clockMs: 3_600_000 });
      const run = await target.press();
      await target.heard('lock.waiting');
      await room.executor({ clockMs: 3_600_000 });
      await room.executor({ clockMs: -3_600_000 });
      // A lease and more than one sweep of everybody.
      await waitOnControlClock(room.control, run, 14);
      await blocker.end();
      expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
      expect(await epochOf(room, target)).toEqual([1]);
      expect(await asked.row()).toMatchObject({ status: 'awaiting_approval' });
      await expectAgreement(room.system(), target);

      const other = await room.target(PLAIN, { policy: { backup_max_age_minutes: 30 } });
      await other.press();
      expect(await other.settled()).toMatchObject({ outcome: 'changed_verified' });
      await expectAgreement(room.system(), other);
    });
  });
});
