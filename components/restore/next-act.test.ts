import { describe, expect, it } from 'vitest';
import type { Actor, Role } from '@/lib/core/actor';
import type { RestoreStatus } from '@/lib/core/restore';
import { type RestoreGateInput, restoreGates } from '@/lib/core/restore-gates';
import { lackingRole, nextAct } from './next-act';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const person = (role: Role): Actor => ({
  kind: 'user',
  id: role,
  name: role,
  email: `${role}@example.com`,
  role,
});

/** @param age of the approval, in hours */
function standing(
  status: RestoreStatus,
  role: Role,
  age = 1,
  more: Partial<RestoreGateInput> = {},
) {
  const input: RestoreGateInput = {
    now: NOW,
    status,
    way: 'beside',
    safety: null,
    policy: { approvals: 1, approval_max_age_hours: 8 },
    digest: 'd',
    requesterId: 'on_call',
    backup: 'B-0001',
    backupProblem: null,
    approvals: [
      {
        id: 1,
        digest: 'd',
        decision: 'approved',
        comment: '',
        by: { id: 'reviewer', name: 'Rey' },
        at: new Date(NOW - age * 3_600_000).toISOString(),
        voidedAt: null,
      },
    ],
    message: null,
    progress: null,
    cancelRequested: false,
    verified: { ok: true, message: 'As the backup says.' },
    busy: null,
    supersededBy: null,
    kept: {
      database: 'f',
      until: '2026-12-01T00:00:00Z',
      dropRequestedAt: null,
      dropError: null,
      droppedAt: null,
    },
    fence: null,
  };
  return { status, gates: restoreGates({ ...input, ...more }, person(role)) };
}

describe('the next act', () => {
  it('is the swap while the approval counts, and the request for another once it has lapsed', () => {
    expect(nextAct(standing('approved', 'on_call'))).toBe('start_swap');
    expect(nextAct(standing('approved', 'on_call', 9))).toBe('request_restore_approval');
    expect(nextAct(standing('approved', 'auditor'))).toBe('start_swap');
    expect(nextAct(standing('approved', 'auditor', 9))).toBe('request_restore_approval');
  });

  it('is the swap where the policy asks for no approval any more', () => {
    const nobody = { policy: { approvals: 0, approval_max_age_hours: 8 } };
    for (const status of ['restored', 'awaiting_approval'] as const)
      expect(nextAct(standing(status, 'on_call', 1, nobody))).toBe('start_swap');
  });

  it('is a backup of the present state before a swap in place', () => {
    const inPlace = (problem: string | null, taking = false) => ({
      way: 'in_place' as const,
      safety: { backup: 'B-0007', snapshotAt: null, taking, problem },
    });
    expect(nextAct(standing('approved', 'on_call', 1, inPlace('None was taken.')))).toBe(
      'take_safety_backup',
    );
    // Being taken, it is waited for; an approval that has lapsed comes first.
    expect(nextAct(standing('approved', 'on_call', 1, inPlace('Wait.', true)))).toBe('start_swap');
    expect(nextAct(standing('approved', 'on_call', 9, inPlace('None was taken.')))).toBe(
      'request_restore_approval',
    );
    expect(nextAct(standing('approved', 'on_call', 1, inPlace(null)))).toBe('start_swap');
    expect(nextAct(standing('approved', 'auditor', 1, inPlace('None was taken.')))).toBe(
      'start_swap',
    );
  });

  it('is nobody’s while something goes on', () => {
    for (const status of ['restoring', 'swapping', 'swapping_back'] as const) {
      expect(nextAct(standing(status, 'on_call'))).toBeUndefined();
      expect(lackingRole(standing(status, 'auditor'))).toBeUndefined();
    }
  });
});

describe('whoever may only look', () => {
  it.each(['draft', 'restored', 'awaiting_approval', 'approved', 'swapped', 'unknown'] as const)(
    'is told which role it takes when it is %s',
    (status) => {
      expect(lackingRole(standing(status, 'auditor'))?.reason).toMatch(/^Needs the role /);
    },
  );

  it('is told nothing where the role is not what is missing', () => {
    expect(lackingRole(standing('draft', 'on_call'))).toBeUndefined();
    expect(lackingRole(standing('awaiting_approval', 'reviewer'))).toBeUndefined();
    expect(lackingRole(standing('cancelled', 'auditor'))).toBeUndefined();
    expect(lackingRole(standing('swapped_back', 'auditor'))).toBeUndefined();
  });
});
