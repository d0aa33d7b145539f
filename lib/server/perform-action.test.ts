import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createReadyRoom,
  DIGEST,
  PLAN,
  type ReadyRoom,
} from '@/lib/approval/ready-rollback.fixture';
import { can, ROLES, type Role } from '@/lib/core/actor';
import { ACTIONS, type ActionName } from './actions';
import { performAction } from './perform-action';
import type { Person, RequestDeps } from './request-deps';

const ORIGIN = 'https://backstep.example.com';

let room: ReadyRoom;

beforeAll(async () => {
  // The faults of these tests are meant.
  vi.stubEnv('LOG_LEVEL', 'silent');
  room = await createReadyRoom();
});
afterAll(() => room.dispose());

/** A request of this person, or of somebody without a session. */
const signedIn = (caller: Person | undefined): RequestDeps => ({
  caller: () => Promise.resolve(caller),
  context: (actor) => Promise.resolve(room.as(actor)),
  publicUrl: () => ORIGIN,
});

function post(
  caller: Person | undefined,
  name: string,
  body: BodyInit = '{}',
  headers: Record<string, string> = {},
): Promise<Response> {
  const request = new Request(`${ORIGIN}/api/actions/${name}`, {
    method: 'POST',
    body,
    headers: { Origin: ORIGIN, 'Content-Type': 'application/json', ...headers },
  });
  return performAction(request, name, signedIn(caller));
}

const STATE = [
  'rollbacks',
  'runs',
  'approvals',
  'backups',
  'rehearsals',
  'users',
  'rollback_events',
];

/** Every row of every table that an action could change, as one text. */
async function everything(): Promise<string> {
  const texts = await Promise.all(
    STATE.map(async (table) => {
      const { rows } = await room.control.pool.query(
        `SELECT t::text AS row FROM backstep.${table} t ORDER BY 1`,
      );
      return `${table} ${rows.map(({ row }) => row).join('\n')}`;
    }),
  );
  const { rows } = await room.control.pool.query(
    'SELECT count(*)::int AS jobs FROM graphile_worker._private_jobs',
  );
  return `${texts.join('\n')} ${rows[0]?.jobs}`;
}

/** The audit rows that `work` leaves behind. */
async function written(work: () => Promise<unknown>) {
  const last = async () =>
    (
      await room.control.pool.query(
        'SELECT coalesce(max(seq), 0)::int AS n FROM backstep.audit_log',
      )
    ).rows[0]?.n;
  const before = await last();
  await work();
  const { rows } = await room.control.pool.query(
    'SELECT actor_id, action, outcome, subject, target, payload FROM backstep.audit_log WHERE seq > $1 ORDER BY seq',
    [before],
  );
  return rows;
}

const names = Object.keys(ACTIONS) as ActionName[];
const matrix = names.flatMap((name) => ROLES.map((role) => ({ name, role })));
const allowed = ({ name, role }: { name: ActionName; role: Role }) =>
  can(
    room?.people[role] ?? { kind: 'user', id: '', name: '', email: '', role },
    ACTIONS[name].permission,
  );

describe('a role without the permission', () => {
  const denied = matrix.filter((pair) => !allowed(pair));

  it('exists for most of the actions', () => {
    expect(new Set(denied.map(({ name }) => name)).size).toBeGreaterThanOrEqual(15);
  });

  it.each(denied)(
    '$role is refused $name, in the history too, and nothing happens',
    async ({ name, role }) => {
      const rollback = await room.rollback({ status: 'awaiting_approval' });
      const before = await everything();
      const rows = await written(async () => {
        const body = JSON.stringify({ rollback: rollback.label, reason: 'forged' });
        const response = await post(room.people[role], name, body);
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
      expect(await everything()).toBe(before);
    },
  );

  it.each(denied)('$role is refused $name by the verb itself, too', async ({ name, role }) => {
    const rollback = await room.rollback({ status: 'awaiting_approval' });
    const before = await everything();
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
    expect(await everything()).toBe(before);
  });

  it.each(['', '{', '{"rollback":5}', 'null'])('is refused whatever it sends: %j', async (body) => {
    const rows = await written(async () => {
      expect((await post(room.people.auditor, 'start_run', body)).status).toBe(403);
    });
    expect(rows).toMatchObject([{ action: 'action.refused', subject: null }]);
  });
});

describe('a role with the permission', () => {
  it.each(matrix.filter(allowed))(
    '$role gets further than that with $name',
    async ({ name, role }) => {
      const response = await post(room.people[role], name);
      expect([200, 422]).toContain(response.status);
    },
  );
});

describe('without a session', () => {
  it.each(names)('%s is a 401, and nothing is written', async (name) => {
    const before = await everything();
    const rows = await written(async () => {
      const response = await post(undefined, name);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'not_signed_in' });
    });
    expect(rows).toEqual([]);
    expect(await everything()).toBe(before);
  });

  it('nobody learns which actions there are', async () => {
    expect((await post(undefined, 'no_such_action')).status).toBe(401);
  });
});

describe('a request from elsewhere', () => {
  const forge = (caller: Person | undefined, origin?: string) => {
    const request = new Request(`${ORIGIN}/api/actions/cancel_rollback`, {
      method: 'POST',
      body: JSON.stringify({ rollback: 'RB-0001' }),
      headers: { 'Content-Type': 'application/json', ...(origin ? { Origin: origin } : {}) },
    });
    return performAction(request, 'cancel_rollback', signedIn(caller));
  };

  it.each(['https://evil.example', 'null', undefined])(
    'with the origin %s is refused, and in the history when it came with a session',
    async (origin) => {
      const before = await everything();
      expect((await forge(undefined, origin)).status).toBe(403);
      const rows = await written(async () => {
        expect((await forge(room.people.on_call, origin)).status).toBe(403);
      });
      expect(rows).toMatchObject([
        { action: 'action.refused', payload: { action: 'cancel_rollback', code: 'forbidden' } },
      ]);
      expect(await everything()).toBe(before);
    },
  );

  it('does not keep the session awake', async () => {
    const touched: boolean[] = [];
    const deps: RequestDeps = {
      ...signedIn(room.people.on_call),
      caller: ({ touch }) => {
        touched.push(touch);
        return Promise.resolve(room.people.on_call);
      },
    };
    const request = (origin: string) =>
      new Request(ORIGIN, { method: 'POST', headers: { Origin: origin } });
    await performAction(request('https://evil.example'), 'repin', deps);
    await performAction(request(ORIGIN), 'repin', deps);
    expect(touched).toEqual([false, true]);
  });
});

describe('a request that says nothing useful', () => {
  it.each([
    'no_such_action',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    'REPIN',
  ])('the action %j does not exist', async (name) => {
    const response = await post(room.people.admin, name);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });

  it.each<[string, BodyInit, Record<string, string>]>([
    ['another content type', '{}', { 'Content-Type': 'text/plain' }],
    ['no JSON', '{', {}],
    ['too long a body', JSON.stringify({ rollback: 'x'.repeat(70_000) }), {}],
    ['no object', '[]', {}],
    ['null', 'null', {}],
    ['missing fields', '{}', {}],
    ['wrong fields', '{"rollback":7}', {}],
    ['a character that can’t be stored', '{"rollback":"\\u0000"}', {}],
  ])('%s is a 422 with a sentence, and no event of the history', async (_name, body, headers) => {
    const rows = await written(async () => {
      const response = await post(room.people.admin, 'repin', body, headers);
      expect(response.status).toBe(422);
      const answer = await response.json();
      expect(answer).toMatchObject({ ok: false, code: 'invalid_input' });
      expect(answer.message).toMatch(/\.$/);
    });
    expect(rows).toEqual([]);
  });

  it('names the field that is wrong', async () => {
    const answer = await (await post(room.people.admin, 'start_run', '{"rollback":7}')).json();
    expect(answer.message).toMatch(/rollback: .*string.*\. digest: /);
  });
});

describe('what a verb refuses', () => {
  it('comes with its status and its words, and is in the history', async () => {
    const rollback = await room.rollback({ status: 'draft' });
    const deps: RequestDeps = {
      ...signedIn(room.people.on_call),
      context: (actor) => Promise.resolve(rollback.as(actor)),
    };
    const request = new Request(ORIGIN, {
      method: 'POST',
      body: JSON.stringify({ rollback: rollback.label }),
      headers: { Origin: ORIGIN, 'Content-Type': 'application/json' },
    });
    const rows = await written(async () => {
      const response = await performAction(request, 'stop_run', deps);
      expect(response.status).toBe(409);
      expect(await response.json()).toEqual({
        ok: false,
        code: 'gate_closed',
        message: 'Nothing is running.',
      });
    });
    expect(rows).toMatchObject([
      {
        action: 'action.refused',
        subject: rollback.label,
        target: rollback.target.name,
        payload: { action: 'stop_run', code: 'gate_closed', message: 'Nothing is running.' },
      },
    ]);
  });

  it('is a 404 for a rollback that does not exist, without an event', async () => {
    const rows = await written(async () => {
      const response = await post(room.people.on_call, 'stop_run', '{"rollback":"RB-9999"}');
      expect(response.status).toBe(404);
    });
    expect(rows).toEqual([]);
  });

  it('is a fault with an id when it should not have happened, and tells nothing else', async () => {
    const deps: RequestDeps = {
      ...signedIn(room.people.on_call),
      context: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.5:5432')),
    };
    const request = new Request(ORIGIN, {
      method: 'POST',
      body: '{}',
      headers: { Origin: ORIGIN, 'Content-Type': 'application/json' },
    });
    const response = await performAction(request, 'repin', deps);
    expect(response.status).toBe(500);
    const { id, ...rest } = await response.json();
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(rest).toEqual({
      ok: false,
      code: 'fault',
      message: `Something failed that should not. The server's log has it under ${id}.`,
    });
  });
});

it('what is done comes back with 200 and is never cached', async () => {
  const response = await post(room.people.auditor, 'verify_chain');
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toMatchObject({ ok: true, value: { ok: true } });
});
