import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ActionRoom, createActionRoom, ORIGIN } from './action-room.fixture';
import { performAction } from './perform-action';
import type { Person, RequestDeps } from './request-deps';

let room: ActionRoom;

beforeAll(async () => {
  // The faults of these tests are meant.
  vi.stubEnv('LOG_LEVEL', 'silent');
  room = await createActionRoom();
});
afterAll(() => room.dispose());

describe('a request from elsewhere', () => {
  const forge = (caller: Person | undefined, origin?: string) => {
    const request = new Request(`${ORIGIN}/api/actions/cancel_rollback`, {
      method: 'POST',
      body: JSON.stringify({ rollback: 'RB-0001' }),
      headers: { 'Content-Type': 'application/json', ...(origin ? { Origin: origin } : {}) },
    });
    return performAction(request, 'cancel_rollback', room.signedIn(caller));
  };

  it.each(['https://evil.example', 'null', undefined])(
    'with the origin %s is refused, and in the history when it came with a session',
    async (origin) => {
      const before = await room.everything();
      expect((await forge(undefined, origin)).status).toBe(403);
      const rows = await room.written(async () => {
        expect((await forge(room.people.on_call, origin)).status).toBe(403);
      });
      expect(rows).toMatchObject([
        { action: 'action.refused', payload: { action: 'cancel_rollback', code: 'forbidden' } },
      ]);
      expect(await room.everything()).toBe(before);
    },
  );

  it('does not keep the session awake', async () => {
    const touched: boolean[] = [];
    const deps: RequestDeps = {
      ...room.signedIn(room.people.on_call),
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
    const response = await room.post(room.people.admin, name);
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
    const rows = await room.written(async () => {
      const response = await room.post(room.people.admin, 'repin', body, headers);
      expect(response.status).toBe(422);
      const answer = await response.json();
      expect(answer).toMatchObject({ ok: false, code: 'invalid_input' });
      expect(answer.message).toMatch(/\.$/);
    });
    expect(rows).toEqual([]);
  });

  it('names the field that is wrong', async () => {
    const answer = await (await room.post(room.people.admin, 'start_run', '{"rollback":7}')).json();
    expect(answer.message).toMatch(/rollback: .*string.*\. digest: /);
  });
});

describe('what a verb refuses', () => {
  it('comes with its status and its words, and is in the history', async () => {
    const rollback = await room.rollback({ status: 'draft' });
    const deps: RequestDeps = {
      ...room.signedIn(room.people.on_call),
      context: (actor) => Promise.resolve(rollback.as(actor)),
    };
    const request = new Request(ORIGIN, {
      method: 'POST',
      body: JSON.stringify({ rollback: rollback.label }),
      headers: { Origin: ORIGIN, 'Content-Type': 'application/json' },
    });
    const rows = await room.written(async () => {
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
    const rows = await room.written(async () => {
      const response = await room.post(room.people.on_call, 'stop_run', '{"rollback":"RB-9999"}');
      expect(response.status).toBe(404);
    });
    expect(rows).toEqual([]);
  });

  it('is a fault with an id when it should not have happened, and tells nothing else', async () => {
    const deps: RequestDeps = {
      ...room.signedIn(room.people.on_call),
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
  const response = await room.post(room.people.auditor, 'verify_chain');
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toMatchObject({ ok: true, value: { ok: true } });
});
