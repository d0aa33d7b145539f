import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS_CHANNEL } from '@/lib/control';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { EventHub } from './event-hub';

let database: TestDatabase;
const hubs: EventHub[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  return () => database.drop();
});
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

function open(url = database.url, warn: () => void = () => undefined): EventHub {
  const hub = new EventHub(url, { warn }, 10);
  hubs.push(hub);
  return hub;
}

/** Counts wake-ups, and waits for one more. */
function reader() {
  let count = 0;
  let woken: () => void = () => undefined;
  return {
    wake: () => {
      count += 1;
      woken();
    },
    count: () => count,
    next: () =>
      new Promise<void>((resolve) => {
        woken = resolve;
      }),
  };
}

async function run<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
  const client = await database.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

const notify = (rollbackId: number) =>
  run('SELECT pg_notify($1, $2)', [EVENTS_CHANNEL, String(rollbackId)]);

/** The backends that listen, once there are so many: one that has ended is listed a moment longer. */
async function listeners(count: number, without?: number): Promise<number[]> {
  for (;;) {
    const rows = await run<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'backstep listen'",
    );
    const pids = rows.map(({ pid }) => pid);
    if (pids.length === count && !pids.includes(without ?? 0)) return pids;
  }
}

describe('EventHub', () => {
  it('wakes the readers of one rollback and no others, on one connection', async () => {
    const hub = open();
    const [one, two, other] = [reader(), reader(), reader()];
    const connected = [one.next(), two.next(), other.next()];
    hub.subscribe('1', one.wake);
    hub.subscribe('1', two.wake);
    hub.subscribe('2', other.wake);
    // All are woken once when the connection stands.
    await Promise.all(connected);
    await listeners(1);
    const woken = [one.next(), two.next()];
    await notify(1);
    await Promise.all(woken);
    expect([one.count(), two.count(), other.count()]).toEqual([2, 2, 1]);
  });

  it('wakes nobody who has left', async () => {
    const hub = open();
    const [stays, leaves] = [reader(), reader()];
    const connected = stays.next();
    hub.subscribe('1', stays.wake);
    const leave = hub.subscribe('1', leaves.wake);
    await connected;
    leave();
    leave();
    const before = leaves.count();
    const woken = stays.next();
    await notify(1);
    await woken;
    expect(leaves.count()).toBe(before);
    expect(hub.size).toBe(1);
  });

  it('listens again after its backend was terminated, and wakes all for what was missed', async () => {
    const hub = open();
    const { wake, next } = reader();
    const connected = next();
    hub.subscribe('1', wake);
    await connected;
    const [before] = await listeners(1);
    const again = next();
    await run('SELECT pg_terminate_backend($1)', [before]);
    await again;
    await listeners(1, before);
    const woken = next();
    await notify(1);
    await woken;
  });

  it('tries until the server is there', async () => {
    const later = await createTestDatabase();
    await later.drop();
    let warnings = 0;
    let thirdTime: () => void = () => undefined;
    const triedThrice = new Promise<void>((resolve) => {
      thirdTime = resolve;
    });
    const hub = open(later.url, () => {
      warnings += 1;
      if (warnings === 3) thirdTime();
    });
    const { wake, next } = reader();
    const connected = next();
    hub.subscribe('1', wake);
    await triedThrice;
    await run(`CREATE DATABASE ${later.name}`);
    await connected;
    await hub.close();
    await later.drop();
  });

  it('leaves nothing behind when it is closed', async () => {
    const hub = open();
    const { wake, next } = reader();
    const connected = next();
    hub.subscribe('1', wake);
    await connected;
    await hub.close();
    hub.subscribe('1', wake);
    await listeners(0);
  });
});
