import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DIGEST, PLAN, type ReadyRollback } from '@/lib/approval/ready-rollback.fixture';
import { ROLES, type Role } from '@/lib/core/actor';
import { ROLLBACK_STATUSES, type RollbackStatus } from '@/lib/core/rollback';
import { ACTIONS, type ActionName } from './actions';
import {
  createDenialRoom,
  type DenialRoom,
  NOBODIES,
  type Nobody,
  ORIGIN,
} from './denial-room.fixture';

/** The session of the request that is being made. Everything behind it is the real thing. */
const caller = vi.hoisted(() => ({ sid: undefined as string | undefined }));
vi.mock('next-auth', async (original) => ({
  ...(await original<object>()),
  getServerSession: async () => (caller.sid === undefined ? null : { sid: caller.sid }),
}));

const EVERYBODY = [...ROLES];
const OPERATORS: Role[] = ['on_call', 'admin'];
const DECIDERS: Role[] = ['reviewer', 'admin'];
const BEFORE: RollbackStatus[] = ['draft', 'awaiting_approval', 'approved'];

interface Rule {
  /** Who may ask for it at all. */
  roles: Role[];
  /** The statuses in which it may be possible; null when it is about no rollback. */
  statuses: RollbackStatus[] | null;
}

/**
 * Who may do what, and when: written out by hand, so that a change of the registry or of a permission has
 * to be made twice and on purpose. An action that is missing here fails the first test.
 */
const RULES: Record<ActionName, Rule> = {
  create_rollback: { roles: OPERATORS, statuses: null },
  repin: { roles: OPERATORS, statuses: ['draft'] },
  cancel_rollback: { roles: OPERATORS, statuses: [...BEFORE, 'stopped'] },
  rehearse: { roles: ['on_call', 'reviewer', 'admin'], statuses: BEFORE },
  acknowledge: { roles: OPERATORS, statuses: BEFORE },
  check_target: { roles: ['on_call', 'reviewer', 'admin'], statuses: null },
  take_backup: { roles: OPERATORS, statuses: [...BEFORE, 'stopped', 'unknown'] },
  take_target_backup: { roles: OPERATORS, statuses: null },
  attest_backup: { roles: OPERATORS, statuses: [...BEFORE, 'stopped', 'unknown'] },
  confirm_backup: { roles: DECIDERS, statuses: null },
  cancel_backup: { roles: OPERATORS, statuses: null },
  test_restore: { roles: ['on_call', 'reviewer', 'admin'], statuses: null },
  request_approval: { roles: OPERATORS, statuses: ['draft'] },
  decide: { roles: DECIDERS, statuses: ['awaiting_approval'] },
  start_run: { roles: OPERATORS, statuses: ['approved'] },
  resume_run: { roles: OPERATORS, statuses: ['stopped'] },
  stop_run: { roles: OPERATORS, statuses: ['running'] },
  cancel_run: { roles: OPERATORS, statuses: ['running'] },
  reconcile_run: { roles: OPERATORS, statuses: ['unknown'] },
  terminate_blocker: { roles: OPERATORS, statuses: ['running'] },
  release_fence: { roles: OPERATORS, statuses: ['succeeded', 'stopped', 'cancelled'] },
  prune_rescue: { roles: OPERATORS, statuses: ['succeeded', 'stopped', 'cancelled'] },
  create_restore: { roles: OPERATORS, statuses: null },
  start_restore: { roles: OPERATORS, statuses: null },
  take_safety_backup: { roles: OPERATORS, statuses: null },
  request_restore_approval: { roles: OPERATORS, statuses: null },
  decide_restore: { roles: DECIDERS, statuses: null },
  start_swap: { roles: OPERATORS, statuses: null },
  swap_back: { roles: OPERATORS, statuses: null },
  drop_former: { roles: OPERATORS, statuses: null },
  cancel_restore: { roles: OPERATORS, statuses: null },
  reconcile_restore: { roles: OPERATORS, statuses: null },
  release_restore_fence: { roles: OPERATORS, statuses: null },
  verify_chain: { roles: EVERYBODY, statuses: null },
  add_person: { roles: ['admin'], statuses: null },
  update_person: { roles: ['admin'], statuses: null },
  change_password: { roles: EVERYBODY, statuses: null },
};

interface RouteRule {
  /** Who is answered. `public` needs no session, and has tests of its own named here. */
  roles: Role[] | 'public' | 'actions';
  /** What stands in the brackets of its path. */
  params?: (rollback: ReadyRollback) => Record<string, string>;
  why?: string;
}

const ofRollback = { params: ({ label }: ReadyRollback) => ({ id: label }) };

/** Every handler below app/api by method and path. */
const ROUTES: Record<string, RouteRule> = {
  'POST actions/[action]': { roles: 'actions', why: 'the matrix of actions goes through it' },
  'GET auth/[...nextauth]': { roles: 'public', why: 'the sign-in itself: lib/auth/next.test.ts' },
  'POST auth/[...nextauth]': { roles: 'public', why: 'the sign-in itself: lib/auth/next.test.ts' },
  'GET health': { roles: 'public', why: 'says only whether the server answers' },
  'POST setup': { roles: 'public', why: 'asks for the token: lib/auth/first-admin.test.ts' },
  'POST session': { roles: EVERYBODY },
  'GET history/export': { roles: ['auditor', 'admin'] },
  'GET rollbacks/[id]': { roles: EVERYBODY, ...ofRollback },
  'GET rollbacks/[id]/events': { roles: EVERYBODY, ...ofRollback },
  'GET rollbacks/[id]/tables': { roles: EVERYBODY, ...ofRollback },
  'GET restores/[label]': { roles: EVERYBODY, params: () => ({ label: 'ER-0001' }) },
  'GET restores/[label]/events': { roles: EVERYBODY, params: () => ({ label: 'ER-0001' }) },
  'GET restores/[label]/sessions': { roles: EVERYBODY, params: () => ({ label: 'ER-0001' }) },
  'GET restores/events': { roles: EVERYBODY },
  'GET backups/events': { roles: EVERYBODY },
  'GET targets': { roles: EVERYBODY },
  'GET targets/[name]': { roles: EVERYBODY, params: ({ target }) => ({ name: target.name }) },
};

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const API = path.join(process.cwd(), 'app', 'api');
type Handler = (
  request: Request,
  context: { params: Promise<Record<string, string>> },
) => Promise<Response>;

let room: DenialRoom;
let handlers: Map<string, Handler>;

beforeAll(async () => {
  room = await createDenialRoom();
  handlers = await findHandlers();
});
afterAll(() => room.dispose());

/** As the server finds them: by their files. */
async function findHandlers(): Promise<Map<string, Handler>> {
  const files = await readdir(API, { recursive: true });
  const found = new Map<string, Handler>();
  for (const file of files.filter((name) => /(^|\/)route\.(ts|tsx|js|mjs)$/.test(name))) {
    const module = (await import(/* @vite-ignore */ path.join(API, file))) as Record<
      string,
      unknown
    >;
    for (const method of METHODS) {
      const handler = module[method];
      if (typeof handler === 'function') {
        found.set(`${method} ${path.dirname(file)}`, handler as Handler);
      }
    }
  }
  return found;
}

async function ask(
  who: Role | Nobody,
  route: string,
  { params = {}, body }: { params?: Record<string, string>; body?: unknown } = {},
): Promise<Response> {
  const handler = handlers.get(route);
  if (!handler) throw new Error(`there is no ${route}`);
  caller.sid = room.sessions[who];
  const [method = '', pattern = ''] = route.split(' ');
  const url = `${ORIGIN}/api/${pattern.replace(/\[(\w+)\]/g, (_, name) => params[name] ?? '')}`;
  const request = new Request(url, {
    method,
    headers: { Origin: ORIGIN, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return handler(request, { params: Promise.resolve(params) });
}

/** Everything that any action may want to know, all of it right. */
function act(who: Role | Nobody, name: ActionName, rollback: ReadyRollback): Promise<Response> {
  return ask(who, 'POST actions/[action]', {
    params: { action: name },
    body: {
      rollback: rollback.label,
      target: rollback.target.name,
      to: PLAN.to.tag,
      reason: 'Orders are slow',
      digest: DIGEST,
      key: 'a danger',
      backup: 'B-0001',
      provider: 'RDS',
      reference: 'rds:shop-2026-11-22',
      takenAt: '2026-01-01T00:00:00Z',
      decision: 'approved',
      confirm: rollback.target.name,
      pid: 4_711,
      backendStart: '2026-11-22T02:10:00Z',
      id: room.bystander.id,
      email: 'eve@example.com',
      name: 'Eve',
      role: 'admin',
      password: 'long enough it is',
      current: 'a wrong guess',
      next: 'long enough it is',
    },
  });
}

const names = Object.keys(ACTIONS) as ActionName[];
const statuses = [...ROLLBACK_STATUSES];

describe('the table of expectations', () => {
  it('has a rule for every action, and none besides', () => {
    expect(Object.keys(RULES).sort()).toEqual([...names].sort());
  });

  it('has a rule for every handler of every route file, and none besides', () => {
    expect([...handlers.keys()].sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it('knows every way in: there are no server actions besides the registry', async () => {
    const marked: string[] = [];
    for (const folder of ['app', 'components', 'lib']) {
      for (const file of await readdir(folder, { recursive: true })) {
        if (!/\.tsx?$/.test(file) || /\.test\.tsx?$/.test(file)) continue;
        const source = await readFile(path.join(folder, file), 'utf8');
        if (/^\s*['"]use server['"]/m.test(source)) marked.push(path.join(folder, file));
      }
    }
    expect(marked).toEqual([]);
  });
});

describe('a role that may not', () => {
  const denied = names.flatMap((name) =>
    ROLES.filter((role) => !RULES[name].roles.includes(role)).map((role) => ({ name, role })),
  );

  it.each(denied)('$role is refused $name in every status', async ({ name, role }) => {
    const before = await room.state();
    for (const status of statuses) {
      const rollback = room.rollbacks[status];
      const at = await room.historyAt();
      const response = await act(role, name, rollback);
      expect([status, response.status]).toEqual([status, 403]);
      expect(await response.json()).toMatchObject({ ok: false, code: 'forbidden' });
      expect(await room.historyAfter(at)).toEqual([
        {
          actor_id: room.people[role].id,
          action: 'action.refused',
          outcome: 'refused',
          subject: rollback.label,
          target: rollback.target.name,
          payload: { action: name, code: 'forbidden', message: expect.any(String) },
        },
      ]);
    }
    expect(await room.state()).toBe(before);
  });
});

describe('a role that may, at the wrong time', () => {
  const early = names.flatMap((name) => {
    const { statuses: right, roles } = RULES[name];
    return right ? roles.map((role) => ({ name, role, right })) : [];
  });

  it.each(early)('$role is refused $name', async ({ name, role, right }) => {
    const before = await room.state();
    for (const status of statuses.filter((one) => !right.includes(one))) {
      const rollback = room.rollbacks[status];
      const at = await room.historyAt();
      const response = await act(role, name, rollback);
      expect([status, response.status]).toEqual([status, 409]);
      expect(await response.json()).toMatchObject({
        ok: false,
        code: expect.stringMatching(/^(gate_closed|conflict)$/),
        message: expect.stringMatching(/\.$/),
      });
      expect(await room.historyAfter(at)).toMatchObject([
        { action: 'action.refused', outcome: 'refused', subject: rollback.label },
      ]);
    }
    expect(await room.state()).toBe(before);
  });
});

describe('somebody whose session does not count', () => {
  /** Nobody's request comes as far as a status; two of them show that. */
  const some = ['draft', 'running'] as const;

  it.each(NOBODIES)('%s gets nowhere with any action', async (who) => {
    const [before, at] = [await room.state(), await room.historyAt()];
    for (const name of names) {
      for (const status of some) {
        const response = await act(who, name, room.rollbacks[status]);
        expect([name, response.status]).toEqual([name, 401]);
        expect(await response.json()).toMatchObject({ ok: false, code: 'not_signed_in' });
      }
    }
    expect([await room.state(), await room.historyAt()]).toEqual([before, at]);
  });

  it.each(NOBODIES)('%s reads nothing', async (who) => {
    const [before, at] = [await room.state(), await room.historyAt()];
    for (const [route, { roles, params }] of Object.entries(ROUTES)) {
      if (!Array.isArray(roles)) continue;
      for (const status of some) {
        const response = await ask(who, route, { params: params?.(room.rollbacks[status]) ?? {} });
        expect([route, response.status]).toEqual([route, 401]);
        expect(await response.json()).toMatchObject({ ok: false, code: 'not_signed_in' });
      }
    }
    expect([await room.state(), await room.historyAt()]).toEqual([before, at]);
  });

  it('gets no further through the doors that are open to all', async () => {
    const [before, at] = [await room.state(), await room.historyAt()];
    const setup = await ask('anonymous', 'POST setup', {
      body: { token: 'a guess', email: 'e@example.com', name: 'E', password: 'long enough it is' },
    });
    expect(setup.status).toBe(409);
    expect(await (await ask('anonymous', 'GET health')).json()).toEqual({ ok: true });
    expect([await room.state(), await room.historyAt()]).toEqual([before, at]);
  });
});

describe('a route', () => {
  const closed = Object.entries(ROUTES).flatMap(([route, rule]) => {
    const { roles } = rule;
    return Array.isArray(roles) ? ROLES.map((role) => ({ route, rule, role, roles })) : [];
  });

  it.each(closed.filter(({ role, roles }) => !roles.includes(role)))(
    '$route is closed to the role $role',
    async ({ route, rule, role }) => {
      const before = await room.state();
      for (const status of statuses) {
        const at = await room.historyAt();
        const params = rule.params?.(room.rollbacks[status]) ?? {};
        const response = await ask(role, route, { params });
        expect(response.status).toBe(403);
        expect(await room.historyAfter(at)).toMatchObject([
          { actor_id: room.people[role].id, action: 'action.refused', outcome: 'refused' },
        ]);
      }
      expect(await room.state()).toBe(before);
    },
  );

  // Last, as looking at a room writes down how its plan compares with today.
  it.each(closed.filter(({ role, roles }) => roles.includes(role)))(
    '$route answers the role $role',
    async ({ route, rule, role }) => {
      const params = rule.params?.(room.rollbacks.succeeded) ?? {};
      const response = await ask(role, route, { params });
      await response.body?.cancel();
      expect([401, 403, 500]).not.toContain(response.status);
    },
  );
});

describe('a role that may, at the right time', () => {
  const right = names.flatMap((name) =>
    RULES[name].roles.flatMap((role) =>
      (RULES[name].statuses ?? (['draft'] as const)).map((status) => ({ name, role, status })),
    ),
  );

  it.each(right)(
    '$role is not kept from $name when it is $status',
    async ({ name, role, status }) => {
      const rollback = await room.another(status);
      const response = await act(role, name, rollback);
      const { code } = (await response.json()) as { code?: string };
      expect([401, 403, 500]).not.toContain(response.status);
      // Where the gate is closed, it is by missing evidence, never by the status alone.
      if (code === 'gate_closed') expect(GATED).toContain(name);
    },
  );

  /** Wants more than the rollbacks of this room have. */
  const GATED: ActionName[] = [
    'start_run',
    'resume_run',
    'decide',
    'request_approval',
    'attest_backup',
    'confirm_backup',
    'cancel_backup',
    'take_target_backup',
    'test_restore',
  ];
});
