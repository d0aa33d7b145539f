import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIGEST, PLAN } from '@/lib/approval/ready-rollback.fixture';
import { can, ROLES, type Role } from '@/lib/core/actor';
import { type ActionRoom, createActionRoom } from './action-room.fixture';
import { ACTIONS, type ActionName } from './actions';

let room: ActionRoom;

beforeAll(async () => {
  room = await createActionRoom();
});
afterAll(() => room.dispose());

const names = Object.keys(ACTIONS) as ActionName[];
const matrix = names.flatMap((name) => ROLES.map((role) => ({ name, role })));
const allowed = ({ name, role }: { name: ActionName; role: Role }) =>
  can({ kind: 'user', id: '', name: '', email: '', role }, ACTIONS[name].permission);

describe('the registry', () => {
  it.each<[Role, ActionName[]]>([
    ['auditor', ['verify_chain', 'change_password']],
    [
      'reviewer',
      [
        'rehearse',
        'check_target',
        'confirm_backup',
        'test_restore',
        'decide',
        'decide_restore',
        'verify_chain',
        'change_password',
      ],
    ],
    [
      'on_call',
      names.filter(
        (name) =>
          !['confirm_backup', 'decide', 'decide_restore', 'add_person', 'update_person'].includes(
            name,
          ),
      ),
    ],
    ['admin', names],
  ])('lets the role %s do this and no more', (role, expected) => {
    expect(names.filter((name) => allowed({ name, role }))).toEqual(expected);
  });
});

describe('a role without the permission', () => {
  const denied = matrix.filter((pair) => !allowed(pair));

  it.each(denied)(
    '$role is refused $name, in the history too, and nothing happens',
    async ({ name, role }) => {
      const rollback = await room.rollback({ status: 'awaiting_approval' });
      const before = await room.everything();
      const rows = await room.written(async () => {
        const body = JSON.stringify({ rollback: rollback.label, reason: 'forged' });
        const response = await room.post(room.people[role], name, body);
        expect(response.status).toBe(403);
        expect(await response.json()).toEqual({
          ok: false,
          code: 'forbidden',
          message: expect.stringMatching(/^You may not do this\. Needs the role /),
        });
      });
      expect(rows).toEqual([
        {
          actor_id: room.people[role].id,
          action: 'action.refused',
          outcome: 'refused',
          subject: rollback.label,
          target: rollback.target.name,
          payload: { action: name, code: 'forbidden', message: expect.any(String) },
        },
      ]);
      expect(await room.everything()).toBe(before);
    },
  );

  it.each(denied)('$role is refused $name by the verb itself, too', async ({ name, role }) => {
    const rollback = await room.rollback({ status: 'awaiting_approval' });
    const before = await room.everything();
    const input = {
      rollback: rollback.label,
      digest: DIGEST,
      decision: 'approved',
      comment: '',
      confirm: rollback.target.name,
      target: rollback.target.name,
      to: PLAN.to.tag,
      reason: 'forged',
      id: room.people[role].id,
      email: 'forged@example.com',
      name: 'Forged',
      role: 'admin',
      password: 'long enough it is',
    };
    await expect(
      (async () => ACTIONS[name].verb(rollback.as(room.people[role]), input))(),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await room.everything()).toBe(before);
  });

  it.each(['', '{', '{"rollback":5}', 'null'])('is refused whatever it sends: %j', async (body) => {
    const rows = await room.written(async () => {
      expect((await room.post(room.people.auditor, 'start_run', body)).status).toBe(403);
    });
    expect(rows).toMatchObject([{ action: 'action.refused', subject: null }]);
  });
});

describe('a role with the permission', () => {
  it.each(matrix.filter(allowed))(
    '$role gets further than that with $name',
    async ({ name, role }) => {
      const response = await room.post(room.people[role], name);
      expect([200, 422]).toContain(response.status);
    },
  );
});

describe('without a session', () => {
  it.each(names)('%s is a 401, and nothing is written', async (name) => {
    const before = await room.everything();
    const rows = await room.written(async () => {
      const response = await room.post(undefined, name);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'not_signed_in' });
    });
    expect(rows).toEqual([]);
    expect(await room.everything()).toBe(before);
  });

  it('nobody learns which actions there are', async () => {
    expect((await room.post(undefined, 'no_such_action')).status).toBe(401);
  });
});
