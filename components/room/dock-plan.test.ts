import { describe, expect, it } from 'vitest';
import type { Actor } from '@/lib/core/actor';
import { ROOM_STEPS, type RoomStep } from '@/lib/core/gates';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { ROLLBACK_STATUSES } from '@/lib/core/rollback';
import { planDock } from './dock-plan';
import { agentimRehearsal } from './testing/agentim-plan';
import {
  acknowledgementsFixture,
  agoIso,
  approvalFixture,
  auditor,
  backupFixture,
  fenceFixture,
  jonas,
  MINUTE,
  maya,
  type RoomOver,
  rehearsalFixture,
  roomFixture,
  runFixture,
  stepsFixture,
} from './testing/room-fixture';

const old = backupFixture({ snapshotAt: agoIso(75 * MINUTE) });
const approved: RoomOver = { status: 'approved', approvals: [approvalFixture()] };
const asked: RoomOver = { status: 'awaiting_approval', approvalRequestedAt: agoIso(MINUTE) };
const stopped: RoomOver = {
  ...approved,
  status: 'stopped',
  outcome: 'stopped_clean',
  run: runFixture({ state: 'finished' }),
  steps: stepsFixture(['committed']),
  fence: fenceFixture(),
};
const migratedSince = {
  checkedAt: agoIso(1_000),
  changes: [
    {
      kind: 'tracking_rows' as const,
      subject: 'row 37',
      message: 'Tracking row 37 (0036_x) is new.',
    },
  ],
};
const done: RoomOver = {
  ...stopped,
  status: 'succeeded',
  outcome: 'changed_verified',
  steps: stepsFixture(['committed', 'committed', 'committed']),
};
const failedResult = {
  ...agentimRehearsal,
  steps: agentimRehearsal.steps.map((step) =>
    step.position === 1 ? { ...step, error: { sqlstate: '42704', message: 'gone' } } : step,
  ),
};
const edited = {
  planCheck: {
    checkedAt: agoIso(1_000),
    changes: [{ kind: 'rollback_file' as const, subject: '0035', message: 'It was edited.' }],
  },
};

const unread: RoomOver = { acknowledgements: [] };
const blocked: RoomOver = {
  policy: { grades: { ...DEFAULT_POLICY.grades, leaves_residue: 'block' } },
};

interface Person {
  actor: Actor & { kind: 'user' };
  viewed: RoomStep;
}
const as = (actor: Person['actor'], viewed: RoomStep): Person => ({ actor, viewed });

function dock(over: RoomOver, { actor, viewed }: Person) {
  return planDock(roomFixture(over, actor), actor.id, viewed);
}

/** Buttons as people read them; what is in brackets can't be pressed. */
const labels = (over: RoomOver, person: Person) =>
  dock(over, person).buttons.map((button) =>
    button.kind === 'action' && button.reason ? `[${button.label}]` : button.label,
  );

describe('what comes next', () => {
  const run = 'Run rollback on agentim-production';
  const cases: [string, RoomOver, Person, string[]][] = [
    ['a changed plan is pinned again', edited, as(maya, 'plan'), ['Pin the plan again']],
    [
      'a rehearsal that could not be made is repeated',
      { rehearsal: rehearsalFixture({ state: 'failed', result: null }) },
      as(maya, 'preview'),
      ['Rehearse again'],
    ],
    [
      'a script that failed in it is mended, then pinned',
      { rehearsal: rehearsalFixture({ state: 'failed', result: failedResult }) },
      as(maya, 'preview'),
      ['Rehearse again', 'Pin the plan again'],
    ],
    [
      'a backup is taken while it rehearses',
      { rehearsal: rehearsalFixture({ state: 'running' }), backup: null },
      as(maya, 'preview'),
      ['Take backup'],
    ],
    [
      'with the backup under way, approval waits',
      { backup: backupFixture({ state: 'running', snapshotAt: null }) },
      as(maya, 'backup'),
      ['[Request approval]'],
    ],
    ['with both in order, approval is asked', {}, as(maya, 'preview'), ['Request approval']],
    [
      'a backup is taken while the dangers are read',
      { ...unread, backup: null },
      as(maya, 'preview'),
      ['Take backup'],
    ],
    ['with dangers left, one is led to them', unread, as(maya, 'backup'), ['Read the dangers']],
    ['beside them approval waits', unread, as(maya, 'preview'), ['[Request approval]']],
    [
      'where no approval is needed the run waits for them',
      { ...unread, policy: { approvals: 0 } },
      as(maya, 'preview'),
      [`[${run}]`],
    ],
    [
      'dangers that were taken on for another plan count for nothing',
      { acknowledgements: acknowledgementsFixture([{ key: 'any' }], 'another digest') },
      as(maya, 'run'),
      ['Read the dangers'],
    ],
    [
      'a script that the policy blocks is mended, then pinned',
      blocked,
      as(maya, 'preview'),
      ['Rehearse again', 'Pin the plan again'],
    ],
    [
      'a target without approvals runs at once',
      { policy: { approvals: 0 } },
      as(maya, 'run'),
      [run],
    ],
    ['who asked waits', asked, as(maya, 'approval'), [`[${run}]`]],
    [
      'and renews the backup meanwhile',
      { ...asked, backup: old },
      as(maya, 'approval'),
      ['Take backup'],
    ],
    ['a reviewer decides', asked, as(jonas, 'approval'), ['Reject', 'Approve']],
    ['and is led to it from elsewhere', asked, as(jonas, 'plan'), ['Review and decide']],
    [
      'a reviewer cannot approve what changed, but can reject it',
      { ...asked, ...edited },
      as(jonas, 'approval'),
      ['Reject', '[Approve]'],
    ],
    ['approved, it is run', approved, as(maya, 'approval'), [run]],
    ['unless the backup is old', { ...approved, backup: old }, as(maya, 'run'), ['Take backup']],
    ['or another runs', { ...approved, otherRunning: 'RB-0018' }, as(maya, 'run'), [`[${run}]`]],
    [
      'running, it can be stopped and cancelled',
      { ...approved, status: 'running', run: runFixture() },
      as(maya, 'run'),
      ['Stop after this step', 'Cancel now'],
    ],
    [
      'once',
      { ...approved, status: 'running', run: runFixture({ cancelRequestedBy: 'Maya' }) },
      as(maya, 'run'),
      ['[Stop after this step]', '[Cancel now]'],
    ],
    [
      'and is watched from elsewhere',
      { ...approved, status: 'running', run: runFixture() },
      as(maya, 'preview'),
      ['Watch the run'],
    ],
    ['stopped, it is resumed', stopped, as(maya, 'run'), ['Resume']],
    [
      'after a fresh backup',
      { ...stopped, backup: old },
      as(maya, 'run'),
      ['[Resume]', 'Take backup'],
    ],
    [
      'not where somebody has migrated since: no backup mends that',
      { ...stopped, backup: old, planCheck: migratedSince },
      as(maya, 'run'),
      ['[Resume]'],
    ],
    [
      'unknown, it is looked into',
      { ...approved, status: 'unknown', run: runFixture() },
      as(maya, 'run'),
      ['Check again'],
    ],
    ['done, the way leads on', done, as(maya, 'run'), ['Verify and deploy']],
    ['the fence comes down', done, as(maya, 'verify'), ['Release fence']],
    [
      'only history is left',
      { ...done, fence: fenceFixture({ releasedAt: agoIso(0) }) },
      as(maya, 'verify'),
      ['Open the history'],
    ],
    [
      'rejected, one starts over',
      { status: 'rejected' },
      as(maya, 'approval'),
      ['Back to agentim-production'],
    ],
    [
      'given up half-way, the fence is still to release',
      { ...stopped, status: 'cancelled' },
      as(maya, 'verify'),
      ['Back to agentim-production', 'Release fence'],
    ],
    ['an auditor has nothing to press', {}, as(auditor, 'preview'), []],
    ['nor after approval', approved, as(auditor, 'run'), []],
    ['nor in a run', { ...approved, status: 'running', run: runFixture() }, as(auditor, 'run'), []],
    ['a reviewer does not run', approved, as(jonas, 'run'), []],
  ];
  it.each(cases)('%s', (_name, over, person, expected) => {
    expect(labels(over, person)).toEqual(expected);
  });
});

describe('whatever the room', () => {
  const rooms = ROLLBACK_STATUSES.flatMap((status) =>
    [maya, jonas, auditor].flatMap((actor) =>
      ROOM_STEPS.map((viewed) => ({ status, actor, viewed })),
    ),
  );

  it('has at most one primary button, and it comes last', () => {
    for (const { status, actor, viewed } of rooms) {
      const { buttons } = dock({ ...stopped, status }, as(actor, viewed));
      const primary = buttons.flatMap((button, index) =>
        button.look === 'primary' ? [index] : [],
      );
      expect(primary.length).toBeLessThanOrEqual(1);
      if (primary.length === 1) expect(primary[0]).toBe(buttons.length - 1);
    }
  });

  it('says why beside a primary button that cannot be pressed', () => {
    for (const { status, actor, viewed } of rooms) {
      const { buttons, reason, detail } = dock({ status, ...edited }, as(actor, viewed));
      for (const button of buttons) {
        if (button.kind === 'action' && button.look === 'primary' && button.reason) {
          expect([reason, detail]).toContain(button.reason);
        }
      }
    }
  });

  it('never offers a button to a role that could not press it', () => {
    for (const { status, actor, viewed } of rooms) {
      const over = { ...stopped, status };
      const room = roomFixture(over, actor);
      for (const button of planDock(room, actor.id, viewed).buttons) {
        if (button.kind !== 'action') continue;
        expect(
          room.gates.actions[button.action].roleOnly,
          `${status} ${button.action}`,
        ).toBeUndefined();
      }
    }
  });
});

it('says how many dangers are left, beside the button that waits for them', () => {
  expect(dock(unread, as(maya, 'preview'))).toMatchObject({
    title: 'Next: acknowledge the dangers.',
    reason: '3 dangers have not been acknowledged. Read them in the preview and tick each.',
  });
});

describe('what stands guard after a run', () => {
  const watch = { kind: 'watch', why: 'The policy of this target asks for none.' } as const;
  const again = [{ tag: '0035_fix', hash: 'ab', createdAt: agoIso(0) }];

  it('is called what it is', () => {
    expect(dock(done, as(maya, 'verify')).title).toMatch(/, then release the fence\.$/);
    expect(dock({ ...done, fence: fenceFixture(watch) }, as(maya, 'verify'))).toMatchObject({
      title: expect.stringMatching(/, then end the watch\.$/),
      buttons: [{ label: 'End the watch', look: 'primary' }],
    });
    const given = { ...stopped, status: 'cancelled', fence: fenceFixture(watch) } as const;
    expect(dock(given, as(maya, 'run')).title).toBe(
      'This rollback was cancelled, and its watch goes on.',
    );
  });

  it('is not what comes next once migrations were applied again', () => {
    const fence = fenceFixture({ ...watch, reapplied: again });
    expect(dock({ ...done, fence }, as(maya, 'verify'))).toMatchObject({
      title: 'Migrations were applied again.',
      buttons: [{ label: 'End the watch', look: 'default' }],
    });
    expect(dock({ ...done, fence }, as(auditor, 'verify')).buttons).toEqual([]);
  });
});

describe('cancelling', () => {
  it.each([
    ['a draft', {}, maya, true],
    ['an approved one', approved, maya, true],
    ['a stopped one', stopped, maya, true],
    ['a running one', { ...approved, status: 'running', run: runFixture() }, maya, false],
    ['one that is over', done, maya, false],
    ['as a reviewer', {}, jonas, false],
  ] as [string, RoomOver, Person['actor'], boolean][])('%s', (_name, over, actor, possible) => {
    expect(dock(over, as(actor, 'plan')).cancel?.allowed ?? false).toBe(possible);
  });
});
