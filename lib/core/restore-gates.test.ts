import { describe, expect, it } from 'vitest';
import type { Actor, Role } from './actor';
import { RESTORE_STATUSES, type RestoreStatus } from './restore';
import {
  RESTORE_ACTIONS,
  RESTORE_ROOM_STEPS,
  type RestoreAction,
  type RestoreGateInput,
  restoreGates,
} from './restore-gates';

const NOW = Date.parse('2026-11-22T02:10:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const person = (id: string, role: Role): Actor & { kind: 'user' } => ({
  kind: 'user',
  id,
  name: id,
  email: `${id}@example.com`,
  role,
});
const onCall = person('ona', 'on_call');
const reviewer = person('rex', 'reviewer');
const admin = person('ada', 'admin');
const auditor = person('aud', 'auditor');

const approval = (by: string, ageMs = 0, more = {}) => ({
  id: 1,
  digest: 'd1',
  decision: 'approved' as const,
  comment: '',
  by: { id: by, name: by },
  at: new Date(NOW - ageMs).toISOString(),
  voidedAt: null,
  ...more,
});

const KEPT = {
  database: 'shop_before_er0001',
  until: new Date(NOW + 3 * DAY).toISOString(),
  dropRequestedAt: null,
  dropError: null,
  droppedAt: null,
};

function input(status: RestoreStatus, more: Partial<RestoreGateInput> = {}): RestoreGateInput {
  const restored = !['draft', 'restoring', 'failed'].includes(status);
  const swapped = ['swapped', 'swapping_back', 'swapped_back'].includes(status);
  const agreed = swapped || ['approved', 'swapping', 'unknown'].includes(status);
  return {
    now: NOW,
    status,
    way: 'beside',
    safety: null,
    policy: { approvals: 1, approval_max_age_hours: 24 },
    digest: restored ? 'd1' : null,
    requesterId: 'ona',
    backup: 'B-0003',
    backupProblem: null,
    approvals: agreed ? [approval('rex')] : [],
    message: null,
    progress: null,
    cancelRequested: false,
    verified: restored ? { ok: true, message: '3 tables' } : null,
    busy: null,
    supersededBy: null,
    kept: swapped ? KEPT : null,
    fence: null,
    ...more,
  };
}

const allowed = (given: RestoreGateInput, actor: Actor): RestoreAction[] =>
  RESTORE_ACTIONS.filter((action) => restoreGates(given, actor).actions[action].allowed);

const reason = (given: RestoreGateInput, action: RestoreAction, actor: Actor = onCall) =>
  restoreGates(given, actor).actions[action].reason;

describe('what the on-call engineer who asked may do', () => {
  it.each<[RestoreStatus, RestoreAction[]]>([
    ['draft', ['start_restore', 'cancel_restore']],
    ['restoring', ['cancel_restore']],
    ['failed', ['start_restore', 'cancel_restore']],
    ['restored', ['request_restore_approval', 'cancel_restore']],
    ['awaiting_approval', ['cancel_restore']],
    ['approved', ['start_swap', 'cancel_restore']],
    ['swapping', []],
    ['unknown', ['reconcile_restore']],
    ['swapped', ['swap_back']],
    ['swapping_back', []],
    ['swapped_back', []],
    ['rejected', []],
    ['cancelled', []],
  ])('when it is %s', (status, actions) => {
    expect(allowed(input(status), onCall)).toEqual(actions);
  });

  it('covers every status', () => {
    for (const status of RESTORE_STATUSES) {
      const { steps, current } = restoreGates(input(status), onCall);
      expect(steps.map(({ step }) => step)).toEqual([...RESTORE_ROOM_STEPS]);
      expect(RESTORE_ROOM_STEPS).toContain(current);
    }
  });
});

describe('other people', () => {
  it('a reviewer decides, and an auditor reads', () => {
    for (const status of RESTORE_STATUSES) {
      expect(allowed(input(status), reviewer)).toEqual(
        status === 'awaiting_approval' ? ['decide_restore'] : [],
      );
      expect(allowed(input(status), auditor)).toEqual([]);
    }
  });

  it('nobody decides on what they have asked for, or twice', () => {
    const waiting = input('awaiting_approval');
    expect(allowed(waiting, admin)).toContain('decide_restore');
    expect(reason({ ...waiting, requesterId: 'ada' }, 'decide_restore', admin)).toMatch(
      /somebody else decides/,
    );
    const two = { ...waiting, policy: { approvals: 2, approval_max_age_hours: 24 } };
    expect(reason({ ...two, approvals: [approval('rex')] }, 'decide_restore', reviewer)).toMatch(
      /already/,
    );
  });

  it('are told when only their role is in the way', () => {
    const verdict = restoreGates(input('approved'), reviewer).actions.start_swap;
    expect(verdict).toMatchObject({ allowed: false, roleOnly: true });
    expect(restoreGates(input('draft'), reviewer).actions.start_swap.roleOnly).toBe(false);
  });
});

describe('an approval', () => {
  it.each([
    ['too old', [approval('rex', 25 * HOUR)]],
    ['void', [approval('rex', 0, { voidedAt: '2026-11-22T02:00:00Z' })]],
    ['of something else', [approval('rex', 0, { digest: 'd0' })]],
    ['the requester’s own', [approval('ona')]],
  ])('that is %s counts no more, and is asked for anew', (_, approvals) => {
    const given = input('approved', { approvals });
    expect(reason(given, 'start_swap')).toMatch(/counts no more/);
    expect(allowed(given, onCall)).toContain('request_restore_approval');
    expect(restoreGates(given, onCall).steps.find(({ step }) => step === 'approval')).toMatchObject(
      { state: 'stale' },
    );
  });

  it('is not asked for where the policy wants none', () => {
    const policy = { approvals: 0, approval_max_age_hours: 24 };
    const given = input('approved', { policy, approvals: [] });
    expect(allowed(given, onCall)).toContain('start_swap');
    expect(reason(input('restored', { policy }), 'request_restore_approval')).toMatch(
      /no approval/,
    );
  });
});

describe('what stands in the way', () => {
  it('a run, a backup or another swap hold up both directions', () => {
    const busy = 'RB-0003 is running on this target.';
    expect(reason(input('approved', { busy }), 'start_swap')).toBe(busy);
    expect(reason(input('swapped', { busy }), 'swap_back')).toBe(busy);
  });

  it('a later swap comes back first', () => {
    expect(reason(input('swapped', { supersededBy: 'ER-0002' }), 'swap_back')).toMatch(/ER-0002/);
  });

  it('a backup whose bytes are gone', () => {
    expect(
      reason(input('draft', { backupProblem: 'B-0003 has been pruned.' }), 'start_restore'),
    ).toBe('B-0003 has been pruned.');
  });
});

describe('the former database', () => {
  const over = { ...KEPT, until: new Date(NOW - 1).toISOString() };

  it('is dropped after its time, by hand, once', () => {
    expect(reason(input('swapped'), 'drop_former')).toBe('It is kept until 2026-11-25.');
    expect(allowed(input('swapped', { kept: over }), onCall)).toContain('drop_former');
    const asked = { ...over, dropRequestedAt: new Date(NOW).toISOString() };
    expect(reason(input('swapped', { kept: asked }), 'drop_former')).toMatch(/being dropped/);
    expect(reason(input('swapped', { kept: asked }), 'swap_back')).toMatch(/being dropped/);
    const failed = { ...asked, dropError: 'a slot' };
    expect(allowed(input('swapped', { kept: failed }), onCall)).toContain('drop_former');
    const gone = { ...asked, droppedAt: new Date(NOW).toISOString() };
    expect(reason(input('swapped', { kept: gone }), 'swap_back')).toMatch(/has been dropped/);
  });
});

describe('the fence', () => {
  const up = { releasedAt: null, releaseRequestedAt: null, releaseError: null };

  it('is released after the swap, once', () => {
    expect(allowed(input('swapped', { fence: up }), onCall)).toContain('release_restore_fence');
    expect(reason(input('swapped'), 'release_restore_fence')).toBe('No fence is up.');
    const asked = { ...up, releaseRequestedAt: 'now' };
    expect(reason(input('swapped', { fence: asked }), 'release_restore_fence')).toMatch(/being/);
    expect(
      allowed(input('swapped', { fence: { ...asked, releaseError: 'locked' } }), onCall),
    ).toContain('release_restore_fence');
  });
});

describe('the steps', () => {
  const stateOf = (given: RestoreGateInput) =>
    restoreGates(given, onCall).steps.map(({ state }) => state);

  it.each<[RestoreStatus, string[]]>([
    ['draft', ['done', 'current', 'todo', 'todo', 'todo', 'todo']],
    ['restoring', ['done', 'working', 'todo', 'todo', 'todo', 'todo']],
    ['failed', ['done', 'failed', 'todo', 'todo', 'todo', 'todo']],
    ['restored', ['done', 'done', 'done', 'current', 'todo', 'todo']],
    ['awaiting_approval', ['done', 'done', 'done', 'current', 'todo', 'todo']],
    ['approved', ['done', 'done', 'done', 'done', 'current', 'todo']],
    ['swapping', ['done', 'done', 'done', 'done', 'working', 'todo']],
    ['unknown', ['done', 'done', 'done', 'done', 'failed', 'todo']],
    ['swapped', ['done', 'done', 'done', 'done', 'done', 'current']],
    ['swapped_back', ['done', 'done', 'done', 'done', 'done', 'current']],
    ['rejected', ['done', 'done', 'done', 'failed', 'todo', 'todo']],
  ])('when it is %s', (status, states) => {
    expect(stateOf(input(status))).toEqual(states);
  });

  it('tell progress in words', () => {
    const progress = { phase: 'Restoring rows', done: 1, total: 3 };
    const { steps } = restoreGates(input('restoring', { progress }), onCall);
    expect(steps[1]?.summary).toBe('Restoring rows, 33 %');
  });
});

describe('a policy that asks for no approval any more', () => {
  it('leaves the swap to whoever may begin one, and nothing that is not restored', () => {
    const policy = { approvals: 0, approval_max_age_hours: 24 };
    for (const status of ['restored', 'awaiting_approval'] as const) {
      expect(allowed(input(status, { policy }), onCall)).toContain('start_swap');
      expect(allowed(input(status), onCall)).not.toContain('start_swap');
    }
    expect(allowed(input('draft', { policy }), onCall)).not.toContain('start_swap');
    expect(allowed(input('failed', { policy }), onCall)).not.toContain('start_swap');
  });
});

describe('in place', () => {
  const safety = (problem: string | null, taking = false) => ({
    way: 'in_place' as const,
    safety: { backup: 'B-0007', snapshotAt: null, taking, problem },
  });

  it('a swap needs a backup of the present state, and says what is missing', () => {
    const given = input('approved', safety('No backup of the present state was taken.'));
    expect(reason(given, 'start_swap')).toBe('No backup of the present state was taken.');
    expect(restoreGates(given, onCall).steps.find(({ step }) => step === 'swap')).toEqual({
      step: 'swap',
      state: 'current',
      summary: 'Needs a backup first',
      reason: 'No backup of the present state was taken.',
    });
    expect(allowed(input('approved', safety(null)), onCall)).toContain('start_swap');
  });

  it('that backup is asked for before the swap, one at a time, and only in place', () => {
    for (const status of ['draft', 'restored', 'approved'] as const)
      expect(allowed(input(status, safety('None.')), onCall)).toContain('take_safety_backup');
    expect(reason(input('restored', safety('Wait.', true)), 'take_safety_backup')).toBe(
      'B-0007 is being taken.',
    );
    expect(reason(input('swapped', safety(null)), 'take_safety_backup')).toBe(
      'The swap has started.',
    );
    expect(reason(input('restored'), 'take_safety_backup')).toMatch(/beside/);
  });

  it('words name schemas', () => {
    const { steps } = restoreGates(input('swapped', safety(null)), onCall);
    expect(steps.map(({ summary }) => summary)).toContain('Restored schemas in place');
  });
});
