import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { appendAudit } from '@/lib/audit';
import { inTransaction } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { exportResponse } from './export-response';
import { keepAwake } from './keep-awake';
import { performSetup } from './perform-setup';
import type { Person, RequestDeps } from './request-deps';
import { respond } from './respond';

const ORIGIN = 'https://backstep.example.com';

let room: SampleControl;

beforeAll(async () => {
  // The faults of these tests are meant.
  vi.stubEnv('LOG_LEVEL', 'silent');
  room = await createSampleControl();
});
afterAll(() => room.dispose());

const signedIn = (caller: Person | undefined): RequestDeps => ({
  caller: () => Promise.resolve(caller),
  context: (actor) => Promise.resolve(room.as(actor)),
  publicUrl: () => ORIGIN,
});

describe('a reading route', () => {
  it('answers what it read, never to be cached', async () => {
    const response = await respond(signedIn(room.people.auditor), 'target.read', async (ctx) => ({
      name: ctx.actor.name,
    }));
    expect([response.status, await response.json()]).toEqual([200, { name: 'Sample auditor' }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('keeps no session awake: the pages ask by themselves', async () => {
    const asked: unknown[] = [];
    const deps: RequestDeps = {
      ...signedIn(undefined),
      caller: (options) => {
        asked.push(options);
        return Promise.resolve(undefined);
      },
    };
    const response = await respond(deps, 'target.read', async () => 'a secret');
    expect(asked).toEqual([{ touch: false }]);
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain('secret');
  });

  it('refuses who may not, without reading anything, and writes it down', async () => {
    let read = false;
    const response = await respond(signedIn(room.people.on_call), 'history.export', async () => {
      read = true;
    });
    expect([response.status, read]).toEqual([403, false]);
    const { rows } = await room.control.pool.query(
      "SELECT actor_id, payload FROM backstep.audit_log WHERE action = 'action.refused'",
    );
    expect(rows).toMatchObject([
      {
        actor_id: room.people.on_call.id,
        payload: { action: 'history.export', code: 'forbidden' },
      },
    ]);
  });

  it.each([
    [new BackstepError('not_found', 'RB-0009 does not exist.'), 404, 'RB-0009 does not exist.'],
    [new BackstepError('target_unreachable', 'It is away.'), 502, 'It is away.'],
    [new Error('password authentication failed'), 500, expect.stringMatching(/^Something failed/)],
  ])('tells %s as it should', async (cause, status, message) => {
    const response = await respond(signedIn(room.people.auditor), 'target.read', () =>
      Promise.reject(cause),
    );
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ ok: false, message });
  });
});

describe('the export', () => {
  const ask = (query: string, headers: Record<string, string> = {}) =>
    exportResponse(
      room.as(room.people.auditor),
      new Request(`${ORIGIN}/api/history/export${query}`, { headers }),
    );

  it('is a file to save, in the format and by the filter asked for', async () => {
    await inTransaction(room.as(room.people.admin), (tx) =>
      appendAudit(tx, { action: 'person.add', subject: 'Zoë', outcome: 'done' }),
    );
    const csv = await ask('?format=csv&subject=Zo%C3%AB');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toMatch(
      /^attachment; filename="backstep-history-\d{4}-\d{2}-\d{2}\.csv"$/,
    );
    expect((await csv.text()).split('\r\n')).toHaveLength(3);
    const jsonl = await ask('?subject=Zo%C3%AB');
    expect(jsonl.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(JSON.parse(await jsonl.text())).toMatchObject({ subject: 'Zoë' });
  });

  it('of nothing ends', async () => {
    expect(await (await ask('?subject=nobody')).text()).toBe('');
  });

  it('stops reading when the reader goes away', async () => {
    await inTransaction(room.as(room.people.admin), async (tx) => {
      for (let index = 0; index < 1_200; index++) {
        await appendAudit(tx, { action: 'person.add', target: 'many', outcome: 'done' });
      }
    });
    const reader = (await ask('?target=many')).body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.byteLength).toBeGreaterThan(1_000);
    await reader?.cancel();
    expect((await reader?.read())?.done).toBe(true);
  });

  it.each(['?format=xls', '?from=2026-02-31', '?target=%00', '?outcome=maybe'])(
    'refuses %s',
    async (query) => {
      await expect(ask(query)).rejects.toMatchObject({ code: 'invalid_input' });
    },
  );

  it('is not asked for by a link on another site', async () => {
    await expect(ask('', { 'Sec-Fetch-Site': 'cross-site' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect((await ask('?subject=x', { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200);
  });
});

describe('set-up', () => {
  const post = (body: string, headers: Record<string, string> = { Origin: ORIGIN }) =>
    performSetup(
      new Request(`${ORIGIN}/api/setup`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...headers },
      }),
      signedIn(undefined),
    );
  const input = JSON.stringify({
    token: 'a guess',
    email: 'eve@example.com',
    name: 'Eve',
    password: 'long enough it is',
  });

  it.each<[string, string, Record<string, string> | undefined, number]>([
    ['from another site', input, { Origin: 'https://evil.example' }, 403],
    ['without an origin', input, {}, 403],
    ['as a form', input, { Origin: ORIGIN, 'Content-Type': 'text/plain' }, 422],
    ['without JSON', '{', undefined, 422],
    ['without fields', '{}', undefined, 422],
    ['when there are people already', input, undefined, 409],
  ])('%s is refused', async (_name, body, headers, status) => {
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect((await response.json()).ok).toBe(false);
    const { rows } = await room.control.pool.query(
      "SELECT FROM backstep.users WHERE email = 'eve@example.com'",
    );
    expect(rows).toEqual([]);
  });
});

describe('a page that says somebody is there', () => {
  it.each([
    [ORIGIN, true, 204, [true]],
    [ORIGIN, false, 401, [true]],
    ['https://evil.example', true, 403, []],
  ])('from %s, signed in %s: %i', async (origin, signedInToo, status, touched) => {
    const asked: boolean[] = [];
    const response = await keepAwake(
      new Request(`${ORIGIN}/api/session`, { method: 'POST', headers: { Origin: origin } }),
      {
        publicUrl: () => ORIGIN,
        caller: ({ touch }) => {
          asked.push(touch);
          return Promise.resolve(signedInToo ? room.people.auditor : undefined);
        },
      },
    );
    expect([response.status, asked]).toEqual([status, touched]);
  });
});

it('each request has a number of its own in the history', async () => {
  const ctx = { ...room.as(room.people.admin), requestId: randomUUID() };
  await inTransaction(ctx, (tx) => appendAudit(tx, { action: 'person.add', outcome: 'done' }));
  const { rows } = await room.control.pool.query(
    'SELECT request_id FROM backstep.audit_log ORDER BY seq DESC LIMIT 1',
  );
  expect(rows).toEqual([{ request_id: ctx.requestId }]);
});
