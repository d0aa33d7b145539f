import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BackstepError } from '@/lib/core/errors';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { closeTarget, openTarget, readIdentity, SQLSTATE, withTarget } from '.';

const CANARY = 'c@n/ary 4711:x';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A listener on loopback that treats each connection as told. */
async function listener(treat: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    treat(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function target(change: (url: URL) => void = () => undefined) {
  const url = new URL(database.url);
  change(url);
  return { name: 'shop', url: url.href, readUrl: url.href };
}

async function refusal(work: Promise<unknown>): Promise<BackstepError> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof BackstepError)) throw new Error(`not refused: ${inspect(error)}`);
  expect(error.code).toBe('target_unreachable');
  // Neither the sentence nor anything a logger could print along with it.
  const printed = inspect(error, { depth: 10 });
  const password = new URL(database.url).password;
  for (const secret of [password, CANARY, encodeURIComponent(CANARY)]) {
    expect(printed).not.toContain(secret);
  }
  return error;
}

describe('opening a target', () => {
  it('for reading gives a session that can change nothing', async () => {
    const client = await openTarget(target(), 'read', { applicationName: 'backstep list' });
    const { rows } = await client.query(
      `SELECT pg_catalog.current_setting('application_name') AS name,
              pg_catalog.current_setting('search_path') AS path,
              pg_catalog.current_setting('statement_timeout') AS timeout`,
    );
    expect(rows).toEqual([{ name: 'backstep list', path: 'pg_catalog', timeout: '10s' }]);
    await expect(client.query('CREATE TABLE public.t ()')).rejects.toMatchObject({
      code: SQLSTATE.readOnlyTransaction,
    });
    await closeTarget(client);
  });

  it('for writing leaves the settings of the server alone', async () => {
    const client = await openTarget(target(), 'write');
    const { rows } = await client.query('SHOW search_path');
    expect(rows).toEqual([{ search_path: '"$user", public' }]);
    await client.query('CREATE TABLE t ()');
    await closeTarget(client);
  });

  it('reads with read_url and writes with url', async () => {
    const other = await createTestDatabase();
    const both = { name: 'shop', url: database.url, readUrl: other.url };
    const names = await Promise.all(
      (['read', 'write'] as const).map((purpose) =>
        withTarget(both, purpose, async (client) => (await readIdentity(client)).name),
      ),
    );
    expect(names).toEqual([other.name, database.name]);
    await other.drop();
  });
});

describe('a target that can’t be reached says where, why and what to check', () => {
  it('when nothing listens', async () => {
    const port = await listener(() => undefined);
    servers.splice(0).map((server) => server.close());
    const error = await refusal(
      openTarget(
        target((url) => (url.port = String(port))),
        'read',
      ),
    );
    expect(error.message).toBe(
      `'shop' can’t be reached at 127.0.0.1:${port}/${database.name}: the connection was refused. Check that PostgreSQL runs there and listens on this port.`,
    );
  });

  it('when the host is unknown', async () => {
    const error = await refusal(
      openTarget(
        target((url) => (url.hostname = 'no-such-host.invalid')),
        'write',
      ),
    );
    expect(error.message).toMatch(/host name is not known|name server did not answer/);
  });

  it('when the password is wrong, or there is none', async () => {
    const wrong = target((url) => (url.password = encodeURIComponent(CANARY)));
    expect((await refusal(openTarget(wrong, 'write'))).message).toMatch(
      /refused the user or the password\. Check user and password in `url`\.$/,
    );
    const apart = { ...target(), readUrl: wrong.url };
    expect((await refusal(openTarget(apart, 'read'))).message).toContain('in `read_url`');
    const none = target((url) => (url.password = ''));
    expect((await refusal(openTarget(none, 'read'))).message).toMatch(
      /asks for a password and none is given/,
    );
  });

  it('when the database does not exist', async () => {
    const error = await refusal(
      openTarget(
        target((url) => (url.pathname = '/nowhere')),
        'read',
      ),
    );
    expect(error.message).toMatch(/\/nowhere: the server has no database of that name\./);
  });

  it('when TLS is demanded and the server has none', async () => {
    const tls = target((url) => url.searchParams.set('sslmode', 'verify-full'));
    expect((await refusal(openTarget(tls, 'read'))).message).toMatch(/the server offers no TLS/);
  });

  it('when the other side is no PostgreSQL, and cuts', async () => {
    const port = await listener((socket) => socket.destroy());
    const error = await refusal(
      openTarget(
        target((url) => (url.port = String(port))),
        'read',
      ),
    );
    expect(error.message).toMatch(/the connection was cut/);
  });

  it('when the other side never answers', { timeout: 15_000 }, async () => {
    const port = await listener(() => undefined);
    const started = performance.now();
    const error = await refusal(
      openTarget(
        target((url) => (url.port = String(port))),
        'read',
      ),
    );
    expect(error.message).toMatch(/nothing answered in time/);
    expect(performance.now() - started).toBeLessThan(8_000);
  });
});

describe('withTarget', () => {
  it('cuts work that takes too long, and says so', async () => {
    const error = await refusal(
      withTarget(target(), 'read', (client) => client.query('SELECT pg_sleep(30)'), {
        timeLimitMs: 200,
      }),
    );
    expect(error.message).toMatch(/nothing answered in time/);
  });

  it('turns a connection that is ended under it into a refusal', async () => {
    const error = await refusal(
      withTarget(target(), 'read', async (client) => {
        const admin = await database.connect();
        const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
        await admin.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
        await admin.end();
        await client.query('SELECT 1');
      }),
    );
    expect(error.message).toMatch(/the server ended the connection|the connection was cut/);
  });

  it('passes on what the work itself throws', async () => {
    await expect(
      withTarget(target(), 'read', (client) => client.query('SELECT * FROM nowhere')),
    ).rejects.toMatchObject({ code: SQLSTATE.undefinedTable });
    await expect(
      withTarget(target(), 'read', () => Promise.reject(new BackstepError('refused', 'No.'))),
    ).rejects.toMatchObject({ code: 'refused' });
  });
});
