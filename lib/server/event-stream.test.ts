import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createReadyRoom,
  type ReadyRollback,
  type ReadyRoom,
} from '@/lib/approval/ready-rollback.fixture';
import { appendEvent } from '@/lib/control';
import { EventHub } from './event-hub';
import { streamEvents } from './event-stream';
import type { StreamDeps } from './message-stream';

let room: ReadyRoom;
let hub: EventHub;
const quiet = { warn: () => undefined };

beforeAll(async () => {
  room = await createReadyRoom();
  hub = new EventHub(room.control.url, quiet, 20);
});
afterAll(async () => {
  await hub.close();
  await room.dispose();
});
afterEach(() => {
  // Whatever way a stream ended: it holds nothing any more.
  expect(hub.size).toBe(0);
});

async function append(rollback: ReadyRollback, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await appendEvent(room.as(room.people.admin), rollback.id, 'run.stop_requested', {
      by: `Zoë\n${index}`,
    });
  }
}

/** A reader as a browser is one: it asks, reads the numbers of events, and goes away. */
async function open(
  rollback: ReadyRollback,
  request: { lastEventId?: string; query?: string; signal?: AbortSignal } = {},
  deps: Partial<StreamDeps> = {},
) {
  const abort = new AbortController();
  const response = await streamEvents(
    rollback.as(room.people.auditor),
    rollback.label,
    new Request(`http://localhost/events${request.query ?? ''}`, {
      signal: request.signal ?? abort.signal,
      headers: request.lastEventId ? { 'Last-Event-ID': request.lastEventId } : {},
    }),
    { hub, log: quiet, isSignedIn: () => Promise.resolve(true), ...deps },
  );
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw new Error('there is no stream');
  let text = '';
  const messages = () =>
    text.split('\n\n').flatMap((block) => {
      const match = /^id: (\d+)\ndata: (.*)$/.exec(block);
      return match?.[2] ? [{ id: Number(match[1]), event: JSON.parse(match[2]) }] : [];
    });
  return {
    response,
    abort,
    reader,
    /** Reads until so many events are there. */
    async take(count: number) {
      while (messages().length < count) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
      }
      return messages();
    },
    /** Reads to the end, which has to come. */
    async rest(): Promise<string> {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return text;
        text += value;
      }
    },
  };
}

/** Returns when somebody waits for an advisory lock of this database. */
async function waitForAdvisoryLock(): Promise<void> {
  for (;;) {
    const { rows } = await room.control.pool.query(
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    if (rows.length > 0) return;
  }
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('streamEvents', () => {
  it('sends what is stored, then what comes, each event whole on one line', async () => {
    const rollback = await room.rollback();
    await append(rollback, 3);
    const stream = await open(rollback);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const stored = await stream.take(3);
    expect(stored.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(stored[0]?.event).toMatchObject({
      seq: 1,
      kind: 'run.stop_requested',
      payload: { by: 'Zoë\n0' },
    });
    await append(rollback, 2);
    expect((await stream.take(5)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    stream.abort.abort();
    await stream.rest();
  });

  it('has no gap and no double when events arrive while it catches up', async () => {
    const rollback = await room.rollback();
    await append(rollback, 40);
    const writing = Promise.all(Array.from({ length: 60 }, () => append(rollback, 10)));
    // Only wake-ups here: one that is lost while a stream reads would leave it waiting.
    const streams = await Promise.all(
      Array.from({ length: 5 }, () => open(rollback, {}, { every: { pollMs: 1_000_000 } })),
    );
    for (const stream of streams) {
      expect((await stream.take(640)).map(({ id }) => id)).toEqual(numbers(1, 640));
    }
    await writing;
    for (const stream of streams) stream.abort.abort();
    for (const stream of streams) await stream.rest();
  });

  it('reads once more when it is woken while it reads', async () => {
    const rollback = await room.rollback();
    await append(rollback, 1);
    let wake: () => void = () => undefined;
    const { pool } = room.control;
    const holder = await pool.connect();
    // Reading sees what there is when it begins, and then waits for this lock.
    await holder.query('SELECT pg_advisory_lock(42)');
    await pool.query(`
      ALTER TABLE backstep.rollback_events RENAME TO stored_events;
      CREATE VIEW backstep.rollback_events AS SELECT * FROM backstep.stored_events
      WHERE pg_advisory_xact_lock_shared(42)::text = ''`);
    const hub = {
      subscribe: (_topic: string, woken: () => void) => {
        wake = woken;
        return () => undefined;
      },
    };
    const stream = await open(rollback, {}, { hub, every: { pollMs: 1_000_000 } });
    await waitForAdvisoryLock();
    await pool.query(
      "INSERT INTO backstep.stored_events (rollback_id, seq, kind, payload) VALUES ($1, 2, 'run.stop_requested', '{}')",
      [rollback.id],
    );
    wake();
    await holder.query('SELECT pg_advisory_unlock(42)');
    holder.release();
    expect((await stream.take(2)).map(({ id }) => id)).toEqual([1, 2]);
    stream.abort.abort();
    await stream.rest();
    await pool.query(`
      DROP VIEW backstep.rollback_events;
      ALTER TABLE backstep.stored_events RENAME TO rollback_events`);
  });

  it('goes over the edge of a batch without waiting for a wake-up', async () => {
    const rollback = await room.rollback();
    await room.control.pool.query(
      `INSERT INTO backstep.rollback_events (rollback_id, seq, kind, payload)
       SELECT $1, n, 'run.stop_requested', '{}' FROM generate_series(1, 1200) n`,
      [rollback.id],
    );
    const stream = await open(rollback, {}, { every: { pollMs: 1_000_000 } });
    expect((await stream.take(1_200)).map(({ id }) => id)).toEqual(numbers(1, 1_200));
    stream.abort.abort();
    await stream.rest();
  });

  it.each([
    ['Last-Event-ID', { lastEventId: '3' }, [4, 5]],
    ['?after=', { query: '?after=4' }, [5]],
    ['Last-Event-ID before ?after=', { lastEventId: '4', query: '?after=1' }, [5]],
    ['garbage', { lastEventId: "1' OR true" }, [1, 2, 3, 4, 5]],
    ['a number below zero', { query: '?after=-1' }, [1, 2, 3, 4, 5]],
    ['a number beyond all', { query: '?after=99999999999999' }, [1, 2, 3, 4, 5]],
  ])('begins after %s', async (_name, request, expected) => {
    const rollback = await room.rollback();
    await append(rollback, 5);
    const stream = await open(rollback, request);
    expect((await stream.take(expected.length)).map(({ id }) => id)).toEqual(expected);
    stream.abort.abort();
    await stream.rest();
  });

  it('waits for what comes after the last event', async () => {
    const rollback = await room.rollback();
    await append(rollback, 2);
    const stream = await open(rollback, { lastEventId: '2' });
    await append(rollback, 1);
    expect((await stream.take(1)).map(({ id }) => id)).toEqual([3]);
    stream.abort.abort();
    await stream.rest();
  });

  it('brings nothing of another rollback', async () => {
    const [one, other] = [await room.rollback(), await room.rollback()];
    const stream = await open(one);
    await append(other, 3);
    await append(one, 1);
    expect((await stream.take(1)).map(({ id }) => id)).toEqual([1]);
    stream.abort.abort();
    expect(await stream.rest()).not.toContain('id: 3');
  });

  it('finds what is new by itself when nobody wakes it', async () => {
    const rollback = await room.rollback();
    const deaf = { subscribe: () => () => undefined };
    const stream = await open(rollback, {}, { hub: deaf, every: { pollMs: 10 } });
    await append(rollback, 2);
    expect((await stream.take(2)).map(({ id }) => id)).toEqual([1, 2]);
    stream.abort.abort();
    await stream.rest();
  });

  it('reads on where it was when reading has failed', async () => {
    const rollback = await room.rollback();
    await append(rollback, 2);
    let warn: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => {
      warn = resolve;
    });
    const stream = await open(rollback, {}, { log: { warn }, every: { pollMs: 10 } });
    await stream.take(2);
    await room.control.pool.query('ALTER TABLE backstep.rollback_events RENAME TO elsewhere');
    await failed;
    await room.control.pool.query('ALTER TABLE backstep.elsewhere RENAME TO rollback_events');
    await append(rollback, 1);
    expect((await stream.take(3)).map(({ id }) => id)).toEqual([1, 2, 3]);
    stream.abort.abort();
    await stream.rest();
  });

  it('keeps a silent line open', async () => {
    const rollback = await room.rollback();
    const stream = await open(rollback, {}, { every: { heartbeatMs: 5 } });
    let text = '';
    while (!text.includes(': still here\n\n')) text += (await stream.reader.read()).value ?? '';
    expect(text).toMatch(/^retry: 1000\n\n/);
    stream.abort.abort();
    await stream.rest();
  });

  it('reads no more than a slow reader takes, and then goes on where it was', async () => {
    const rollback = await room.rollback();
    await room.control.pool.query(
      `INSERT INTO backstep.rollback_events (rollback_id, seq, kind, payload)
       SELECT $1, n, 'run.stop_requested', jsonb_build_object('by', repeat('x', 1000))
       FROM generate_series(1, 3000) n`,
      [rollback.id],
    );
    let read = 0;
    const counting = new Proxy(rollback.as(room.people.auditor), {
      get: (ctx, name, self) => {
        if (name === 'db') read += 1;
        return Reflect.get(ctx, name, self);
      },
    });
    let wake: () => void = () => undefined;
    const response = await streamEvents(
      counting,
      rollback.label,
      new Request('http://localhost/events'),
      {
        hub: {
          subscribe: (_topic, woken) => {
            wake = woken;
            return () => undefined;
          },
        },
        log: quiet,
        isSignedIn: () => Promise.resolve(true),
        every: { pollMs: 1_000_000 },
        bufferBytes: 20_000,
      },
    );
    const reader = response.body?.getReader();
    let text = '';
    const decoder = new TextDecoder();
    const take = async (count: number) => {
      while ((text.match(/^id: /gm) ?? []).length < count) {
        text += decoder.decode((await reader?.read())?.value, { stream: true });
      }
    };
    await take(1);
    const before = read;
    // Nobody takes anything: however often it is woken, nothing is read.
    for (let time = 0; time < 50; time++) wake();
    await rollback.row();
    expect(read).toBe(before);
    await take(3_000);
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual(
      numbers(1, 3_000),
    );
    await reader?.cancel();
  });

  it('asks once for all readers that are woken together, and each gets everything', async () => {
    const rollback = await room.rollback();
    await append(rollback, 1);
    const ctx = rollback.as(room.people.auditor);
    let selects = 0;
    const db = new Proxy(ctx.db, {
      get: (target, name) => {
        if (name === 'select') selects += 1;
        return Reflect.get(target, name, target);
      },
    });
    const wakes: (() => void)[] = [];
    const subscribe = (_topic: string, wake: () => void) => {
      wakes.push(wake);
      return () => undefined;
    };
    const streams = await Promise.all(
      Array.from({ length: 20 }, () =>
        streamEvents({ ...ctx, db }, rollback.label, new Request('http://localhost/events'), {
          hub: { subscribe },
          log: quiet,
          isSignedIn: () => Promise.resolve(true),
          every: { pollMs: 1_000_000 },
        }),
      ),
    );
    const readers = streams.map((stream) => {
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
      if (!reader) throw new Error('there is no stream');
      let text = '';
      return async (id: number) => {
        while (!text.includes(`id: ${id}\n`)) text += (await reader.read()).value ?? '';
        return reader;
      };
    });
    await Promise.all(readers.map((until) => until(1)));
    await append(rollback, 1);
    const before = selects;
    for (const wake of wakes) wake();
    await Promise.all(readers.map((until) => until(2)));
    expect(selects - before).toBe(1);
    for (const until of readers) await (await until(2)).cancel();
  });

  it('cuts off a reader that takes nothing any more', async () => {
    const rollback = await room.rollback();
    await append(rollback, 20);
    const stream = await streamEvents(
      rollback.as(room.people.auditor),
      rollback.label,
      new Request('http://localhost/events'),
      {
        hub,
        log: quiet,
        isSignedIn: () => Promise.resolve(true),
        every: { heartbeatMs: 5, stalledMs: 20 },
        bufferBytes: 200,
      },
    );
    expect(hub.size).toBe(1);
    await expect.poll(() => hub.size).toBe(0);
    await expect(stream.body?.getReader().read()).rejects.toThrow('took nothing');
  });

  it('ends, and lets go of everything, when the reader aborts', async () => {
    const rollback = await room.rollback();
    const stream = await open(rollback);
    expect(hub.size).toBe(1);
    stream.abort.abort();
    await stream.rest();
    expect(hub.size).toBe(0);
  });

  it('lets go of everything when the body is cancelled', async () => {
    const rollback = await room.rollback();
    const stream = await open(rollback);
    await stream.reader.cancel();
    await append(rollback, 1);
    expect(hub.size).toBe(0);
  });

  it('does not even begin for a reader that is gone', async () => {
    const rollback = await room.rollback();
    await append(rollback, 1);
    const stream = await open(rollback, { signal: AbortSignal.abort() });
    expect(await stream.rest()).toBe('');
  });

  it('ends with the session, and not because it could not be asked', async () => {
    const rollback = await room.rollback();
    const answers = [
      () => Promise.resolve(true),
      () => Promise.reject(new Error('the database is away')),
      () => Promise.resolve(false),
    ];
    let asked = 0;
    const stream = await open(
      rollback,
      {},
      {
        every: { sessionCheckMs: 5 },
        isSignedIn: () => (answers[asked++] ?? (() => Promise.resolve(false)))(),
      },
    );
    await stream.rest();
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  it.each(['RB-9999', 'x', ''])('does not know %j', async (label) => {
    const rollback = await room.rollback();
    await expect(open({ ...rollback, label })).rejects.toMatchObject({ code: 'not_found' });
  });
});
