import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { eq } from 'drizzle-orm';
import { PLAN } from '@/lib/approval/ready-rollback.fixture';
import {
  appendRunEvents,
  type Control,
  type Ctx,
  migrateControl,
  openControl,
  type PendingEvent,
  systemContext,
  tables,
} from '@/lib/control';
import { insertRollback, pastGuards } from '@/lib/control/testing/fixture';
import { rollbackLabel } from '@/lib/core/rollback';
import { startTemporaryServer } from '@/lib/embedded';
import { EventHub } from '@/lib/server/event-hub';
import { streamEvents } from '@/lib/server/event-stream';
import { type Line, once, summarise, words } from './measure';
import { targetOf } from './prepared-run';

const LISTENERS = 50;
const COMMITS = 200;
const LONG_TIMELINE = 10_000;
const LARGE_EVENTS = 2_000;
const LARGE_EVENT_BYTES = 16_000;
const TARGETS = ['latency', 'timeline', 'large'] as const;
const NO_FOLDER = { migrations: '/bench', rollbacks: '/bench', scripts: [] };
const MEGABYTE = 1_000_000;

/**
 * Events from COMMIT on the control database to listeners over HTTP, by the web process's own hub and
 * stream; a long timeline that is
 * caught up with; and readers that take nothing of what waits for them.
 */
export async function benchEvents(): Promise<Line[]> {
  const server = await startTemporaryServer({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  });
  await migrateControl(server.url, process.cwd());
  const control = openControl(server.url, { max: 12 });
  const hub = new EventHub(server.url, { warn: () => undefined });
  try {
    const ctx = systemContext(control, {
      path: '/bench/backstep.config.yaml',
      targets: TARGETS.map((name) => targetOf(name, server.url, NO_FOLDER)),
      backups: { directory: '/bench/backups', jobs: 1 },
      clientTools: undefined,
    });
    const web = await serveEvents(ctx, hub);
    try {
      return [
        ...(await latencies(ctx, control, web.url)),
        ...(await timeline(ctx, control, web.url)),
        ...(await backpressure(ctx, control, web.url)),
      ];
    } finally {
      await web.stop();
    }
  } finally {
    await hub.close();
    await control.close();
    await server.stop();
  }
}

interface Web {
  url: string;
  stop(): Promise<void>;
}

/** One route, as the web process answers it: the stream is read as fast as the socket takes it. */
async function serveEvents(ctx: Ctx, hub: EventHub): Promise<Web> {
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const [, label = ''] = (request.url ?? '').split('/');
    const asked = new Request(`http://127.0.0.1${request.url}`, { signal: gone.signal });
    const deps = { hub, log: { warn: () => undefined }, isSignedIn: async () => true };
    void streamEvents(ctx, label, asked, deps).then((answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (!answer.body) return response.end();
      const body = Readable.from(answer.body, { highWaterMark: 1 });
      body.on('error', () => response.destroy());
      body.pipe(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Calls `hear` with the number of each event, until the signal. */
async function listen(
  url: string,
  signal: AbortSignal,
  hear: (seq: number) => void,
): Promise<void> {
  const response = await fetch(url, { signal });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('id: ')) hear(Number(line.slice(4)));
  }
}

/** A rollback that goes on, with nothing in its plan: only its events count here. */
async function createRunning(control: Control, target: (typeof TARGETS)[number]): Promise<number> {
  const rollbackId = await insertRollback(control, { target, status: 'running' });
  await pastGuards(control, (db) =>
    db.update(tables.rollbacks).set({ plan: PLAN }).where(eq(tables.rollbacks.id, rollbackId)),
  );
  return rollbackId;
}

async function createRun(control: Control, rollbackId: number): Promise<number> {
  const [row] = await control.db.select().from(tables.users).limit(1);
  const [run] = await control.db
    .insert(tables.runs)
    .values({ rollbackId, number: 1, requestedBy: row?.id ?? '', epoch: 0 })
    .returning({ id: tables.runs.id });
  return run?.id ?? 0;
}

async function latencies(ctx: Ctx, control: Control, url: string): Promise<Line[]> {
  const rollbackId = await createRunning(control, 'latency');
  const runId = await createRun(control, rollbackId);
  const ending = new AbortController();
  const arrivals: Map<number, number>[] = [];
  let heard: () => void = () => undefined;
  const listeners = Array.from({ length: LISTENERS }, () => {
    const arrived = new Map<number, number>();
    arrivals.push(arrived);
    return listen(`${url}/${rollbackLabel(rollbackId)}`, ending.signal, (seq) => {
      arrived.set(seq, performance.now());
      heard();
    }).catch(() => undefined);
  });
  const allHave = (seq: number) =>
    new Promise<void>((resolve) => {
      heard = () => {
        if (arrivals.every((arrived) => arrived.has(seq))) resolve();
      };
      heard();
    });
  const times: number[] = [];
  for (let seq = 1; seq <= COMMITS; seq++) {
    await appendRunEvents(ctx, { rollbackId, runId, epoch: 0 }, [
      { kind: 'step.committed', payload: { position: seq, durationMs: 1 } },
    ]);
    const committed = performance.now();
    await allHave(seq);
    // The first brings the listeners up.
    if (seq === 1) continue;
    for (const arrived of arrivals) times.push((arrived.get(seq) ?? Number.NaN) - committed);
  }
  ending.abort();
  await Promise.all(listeners);
  const { median, p95, max } = summarise(times);
  return [
    [
      `COMMIT of an event to ${LISTENERS} listeners over HTTP`,
      `median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, most ${max.toFixed(0)} ms`,
      'aim: median 100 ms, p95 250 ms',
      '',
    ],
  ];
}

async function timeline(ctx: Ctx, control: Control, url: string): Promise<Line[]> {
  const address = await written(ctx, control, url, 'timeline', LONG_TIMELINE, (n) => ({
    kind: 'statement.started',
    payload: { position: 0, index: n },
  }));
  await catchUp(address, LONG_TIMELINE);
  const alone = await once(() => catchUp(address, LONG_TIMELINE));
  const beside: number[] = [];
  await withIdleReaders(address, async () => {
    for (let round = 0; round < 5; round++) {
      beside.push(await once(() => catchUp(address, LONG_TIMELINE)));
    }
  });
  const fast = summarise(beside);
  return [
    [
      `a timeline of ${LONG_TIMELINE.toLocaleString('en')} events, whole`,
      `${alone.toFixed(0)} ms`,
      `beside ${LISTENERS} readers that take nothing ${words(fast)}`,
      (fast.median / alone).toFixed(2),
    ],
  ];
}

/** So large that the sockets' own buffers hold little of them. */
async function backpressure(ctx: Ctx, control: Control, url: string): Promise<Line[]> {
  const address = await written(ctx, control, url, 'large', LARGE_EVENTS, (n) => ({
    kind: 'step.unknown',
    payload: { position: n, message: 'x'.repeat(LARGE_EVENT_BYTES) },
  }));
  await catchUp(address, LARGE_EVENTS);
  const before = process.memoryUsage().rss;
  let grown = 0;
  await withIdleReaders(address, async () => {
    // Whoever takes its events comes to their end: by then the others have all that they are given.
    for (let round = 0; round < 3; round++) await catchUp(address, LARGE_EVENTS);
    grown = process.memoryUsage().rss - before;
  });
  const all = LISTENERS * LARGE_EVENTS * LARGE_EVENT_BYTES;
  return [
    [
      `memory of the server for ${LISTENERS} readers that take nothing`,
      `${(grown / MEGABYTE).toFixed(0)} MB`,
      `what waits for them ${(all / MEGABYTE).toLocaleString('en')} MB`,
      (grown / all).toFixed(2),
    ],
  ];
}

/** Writes the events of one rollback. @returns where they are read */
async function written(
  ctx: Ctx,
  control: Control,
  url: string,
  target: (typeof TARGETS)[number],
  count: number,
  eventOf: (n: number) => PendingEvent,
): Promise<string> {
  const rollbackId = await createRunning(control, target);
  const runId = await createRun(control, rollbackId);
  for (let from = 0; from < count; from += 200) {
    const events = Array.from({ length: Math.min(200, count - from) }, (_, n) => eventOf(from + n));
    await appendRunEvents(ctx, { rollbackId, runId, epoch: 0 }, events);
  }
  return `${url}/${rollbackLabel(rollbackId)}`;
}

async function catchUp(address: string, last: number): Promise<void> {
  const ending = new AbortController();
  await listen(address, ending.signal, (seq) => {
    if (seq === last) ending.abort();
  }).catch(() => undefined);
}

/** Readers that have asked and take nothing, for as long as the work takes. */
async function withIdleReaders(address: string, work: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  const idle = await Promise.all(
    Array.from({ length: LISTENERS }, () => fetch(address, { signal: ending.signal })),
  );
  await work();
  ending.abort();
  await Promise.all(idle.map(({ body }) => body?.cancel().catch(() => undefined)));
}
