import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ctx, tables } from '@/lib/control';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import {
  streamChanges,
  type Watched,
  watchedBackups,
  watchedRestore,
  watchedRestores,
} from './change-stream';
import { EventHub } from './event-hub';

let planned: PlannedRollback;
let hub: EventHub;
let ctx: Ctx;
const quiet = { warn: () => undefined };

beforeAll(async () => {
  planned = await planRollback({
    migrations: [
      { tag: '0000_rooms', up: ['CREATE TABLE rooms (id int)'], down: ['DROP TABLE rooms'] },
    ],
    undo: 1,
  });
  ctx = planned.as(planned.people.auditor);
  hub = new EventHub(planned.control.url, quiet, 20);
});
afterAll(async () => {
  await hub.close();
  await planned.close();
});
afterEach(() => {
  expect(hub.size).toBe(0);
});

/** A page as a browser is one. Only wake-ups bring it anything, unless the test says otherwise. */
async function open(watched: Watched, after: { header?: string; query?: string } = {}) {
  const abort = new AbortController();
  const query = after.query === undefined ? '' : `?after=${after.query}`;
  const response = await streamChanges(
    ctx,
    watched,
    new Request(`http://localhost/events${query}`, {
      signal: abort.signal,
      headers: after.header === undefined ? {} : { 'Last-Event-ID': after.header },
    }),
    {
      hub,
      log: quiet,
      isSignedIn: () => Promise.resolve(true),
      every: { pollMs: 3_600_000 },
    },
  );
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw new Error('there is no stream');
  let text = '';
  let taken = 0;
  const versions = () => [...text.matchAll(/^id: ([0-9a-f]{32})\ndata: changed$/gm)];
  return {
    /** The version that the next message tells. */
    async next(): Promise<string> {
      while (versions().length <= taken) {
        const { value, done } = await reader.read();
        if (done) throw new Error('the stream has ended');
        text += value;
      }
      taken += 1;
      return versions()[taken - 1]?.[1] ?? '';
    },
    /** Ends it, and says how many messages nobody has taken. */
    async end(): Promise<number> {
      abort.abort();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return versions().length - taken;
        text += value;
      }
    },
  };
}

async function takeBackup(): Promise<number> {
  const [row] = await planned.control.db
    .insert(tables.backups)
    .values({
      target: planned.target.name,
      method: 'pg_dump',
      takenBy: planned.people.on_call.id,
    })
    .returning({ id: tables.backups.id });
  return row?.id ?? 0;
}

const labelOf = (id: number) => `B-${String(id).padStart(4, '0')}`;
const progress = (id: number, done: number) =>
  planned.control.db.execute(
    sql`UPDATE backstep.backups SET progress = ${JSON.stringify({ phase: 'Dumping', done, total: 9 })}::jsonb WHERE id = ${id}`,
  );

async function createRestore(backupId: number): Promise<number> {
  const [row] = await planned.control.db
    .insert(tables.restores)
    .values({
      target: planned.target.name,
      environment: 'development',
      backupId,
      reason: 'Gone bad',
      requestedBy: planned.people.on_call.id,
      presentDatabase: 'chat',
      presentOid: 5,
      systemIdentifier: '1',
    })
    .returning({ id: tables.restores.id });
  return row?.id ?? 0;
}

describe('streamChanges', () => {
  it('tells a page of each change of its backup, and of the tests of it, and of nothing else', async () => {
    const [id, other] = [await takeBackup(), await takeBackup()];
    const stream = await open(watchedBackups(labelOf(id)));
    const seen = [await stream.next()];
    await progress(id, 1);
    seen.push(await stream.next());
    await progress(other, 1);
    await planned.control.db
      .insert(tables.testRestores)
      .values({ backupId: id, requestedBy: planned.people.on_call.id });
    seen.push(await stream.next());
    expect(new Set(seen).size).toBe(3);
    expect(await stream.end()).toBe(0);
  });

  it('tells at once what has changed since the version that the page has, and nothing otherwise', async () => {
    const id = await takeBackup();
    const first = await open(watchedBackups(labelOf(id)));
    const version = await first.next();
    await first.end();
    const same = await open(watchedBackups(labelOf(id)), { query: version });
    // What it is woken for next is the first that it tells.
    await progress(id, 2);
    const changed = await same.next();
    expect(changed).not.toBe(version);
    expect(await same.end()).toBe(0);
    const late = await open(watchedBackups(labelOf(id)), { header: version });
    expect(await late.next()).toBe(changed);
    expect(await late.end()).toBe(0);
  });

  it('tells the page of all backups of a new one', async () => {
    const stream = await open(watchedBackups(null));
    const version = await stream.next();
    await takeBackup();
    expect(await stream.next()).not.toBe(version);
    await stream.end();
  });

  it('tells the room of a restore of its status, its acts and its fence', async () => {
    const { db } = planned.control;
    const id = await createRestore(await takeBackup());
    const stream = await open(watchedRestore(`ER-${String(id).padStart(4, '0')}`));
    const seen = [await stream.next()];
    await db.execute(sql`UPDATE backstep.restores SET status = 'restoring' WHERE id = ${id}`);
    seen.push(await stream.next());
    await db
      .insert(tables.restoreSteps)
      .values({ restoreId: id, seq: 1, what: 'restore', name: 'create_database', state: 'intent' });
    seen.push(await stream.next());
    await db
      .insert(tables.fences)
      .values({ target: planned.target.name, restoreId: id, headTag: '0000_rooms' });
    seen.push(await stream.next());
    // A heartbeat is none.
    await db.execute(
      sql`UPDATE backstep.restores SET heartbeat_at = clock_timestamp() WHERE id = ${id}`,
    );
    await db.execute(sql`UPDATE backstep.restores SET message = 'Half way' WHERE id = ${id}`);
    seen.push(await stream.next());
    expect(new Set(seen).size).toBe(5);
    expect(await stream.end()).toBe(0);
  });

  it('tells the list of restores of any of them', async () => {
    const stream = await open(watchedRestores());
    // Of those of the tests before.
    await stream.next();
    const [row] = await planned.control.db.select({ id: tables.restores.id }).from(tables.restores);
    await planned.control.db.execute(
      sql`UPDATE backstep.restores SET event_seq = event_seq + 1 WHERE id = ${row?.id ?? 0}`,
    );
    await stream.next();
    expect(await stream.end()).toBe(0);
  });

  it('is not there for what does not exist', async () => {
    for (const watched of [watchedRestore('ER-9999'), watchedBackups('B-9999')])
      await expect(open(watched)).rejects.toMatchObject({ code: 'not_found' });
    expect(() => watchedRestore('ER-1; DROP')).toThrow(/does not exist/);
    expect(() => watchedBackups('backups')).toThrow();
  });
});
