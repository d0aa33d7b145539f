import { type Ctx, findRollback, loadFacts, readEvents } from '@/lib/control';
import type { RollbackEvent } from '@/lib/core/events';
import type { Logger } from '@/lib/log';
import type { EventHub } from './event-hub';

/** How often the stream looks for itself; a test has less time. */
const EVERY = {
  /** Reads again even without a wake-up: the hub's connection may have been away. */
  pollMs: 2_000,
  /** Proxies close what is silent. */
  heartbeatMs: 15_000,
  /** Who was signed out or disabled shall not watch on. */
  sessionCheckMs: 60_000,
  /** A reader that takes nothing of what waits for it is cut off, and comes back if it still lives. */
  stalledMs: 60_000,
};
const BATCH = 500;
/** So much waits for a slow reader in memory; the rest waits in the database. */
const BUFFER_BYTES = 256 * 1024;

export interface StreamDeps {
  hub: Pick<EventHub, 'subscribe'>;
  /** Whether the session that the stream was opened with still counts. */
  isSignedIn(): Promise<boolean>;
  log: Pick<Logger, 'warn'>;
  every?: Partial<typeof EVERY>;
  bufferBytes?: number;
}

/** Readings that have begun in this very moment, by the control database. */
const begun = new WeakMap<object, Map<string, Promise<RollbackEvent[]>>>();

/**
 * Readers who were woken by the same news and stand at the same place ask once for all of them. Only in
 * that moment: a reading that began before the news may lack it.
 */
function readTogether(ctx: Ctx, rollbackId: number, after: number): Promise<RollbackEvent[]> {
  const { db } = ctx;
  const readings = begun.get(db) ?? new Map<string, Promise<RollbackEvent[]>>();
  begun.set(db, readings);
  const key = `${rollbackId} ${after}`;
  const joined = readings.get(key);
  if (joined) return joined;
  const reading = readEvents({ db }, rollbackId, after, BATCH);
  readings.set(key, reading);
  queueMicrotask(() => readings.delete(key));
  return reading;
}

/** Whoever reads the same event gets the same text. */
const texts = new WeakMap<RollbackEvent, string>();

function textOf(event: RollbackEvent): string {
  const text = texts.get(event) ?? `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
  texts.set(event, text);
  return text;
}

/**
 * The events of one rollback as server-sent events: first what is stored after `Last-Event-ID` (or
 * `?after=`), then each new one, in order, without gap and without double. No more is read than the
 * reader takes.
 * @throws BackstepError `not_found`, `config_invalid`
 */
export async function streamEvents(
  ctx: Ctx,
  label: string,
  request: Request,
  deps: StreamDeps,
): Promise<Response> {
  const rollbackId = findRollback(label);
  await loadFacts(ctx, rollbackId);
  const every = { ...EVERY, ...deps.every };
  const encoder = new TextEncoder();
  let seq = firstAfter(request);
  let end: () => void = () => undefined;
  let taken: () => void = () => undefined;

  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      let ended = false;
      /** Since when the buffer is full, with more to send. */
      let fullSince: number | undefined;
      const isFull = () => {
        if ((controller.desiredSize ?? 0) > 0) return false;
        fullSince ??= performance.now();
        return true;
      };
      let reading = false;
      let again = false;
      const timers: NodeJS.Timeout[] = [];
      const send = (text: string) => {
        if (!ended) controller.enqueue(encoder.encode(text));
      };
      const deliver = async () => {
        // One reader at a time; a wake-up in between means another round.
        again = true;
        if (reading || fullSince !== undefined) return;
        reading = true;
        try {
          while (again && !ended) {
            again = false;
            const events = await readTogether(ctx, rollbackId, seq);
            for (const event of events) {
              if (isFull()) return;
              send(textOf(event));
              seq = event.seq;
            }
            if (events.length === BATCH) again = true;
          }
        } catch (cause) {
          // The control database is away: the next poll reads on from the same number.
          deps.log.warn({ err: cause, rollback: label }, 'events could not be read');
        } finally {
          reading = false;
        }
      };
      const checkSession = () => {
        deps.isSignedIn().then(
          (signedIn) => {
            if (!signedIn) end();
          },
          // Not known: asked again with the next round.
          () => undefined,
        );
      };
      taken = () => {
        if (fullSince === undefined) return;
        fullSince = undefined;
        void deliver();
      };
      const beat = () => {
        if (!isFull()) send(': still here\n\n');
        else if (performance.now() - (fullSince ?? 0) > every.stalledMs) cutOff();
      };
      const unsubscribe = deps.hub.subscribe(rollbackId, () => void deliver());
      const letGo = () => {
        ended = true;
        unsubscribe();
        for (const timer of timers) clearInterval(timer);
        request.signal.removeEventListener('abort', end);
      };
      // An error drops what waits in the buffer, which a mere end would keep for the reader.
      const cutOff = () => {
        letGo();
        controller.error(new Error('The reader took nothing any more.'));
      };
      end = () => {
        if (ended) return;
        letGo();
        try {
          controller.close();
        } catch {
          // Closed by the other side already.
        }
      };
      timers.push(setInterval(() => void deliver(), every.pollMs));
      timers.push(setInterval(beat, every.heartbeatMs));
      timers.push(setInterval(checkSession, every.sessionCheckMs));
      request.signal.addEventListener('abort', end);
      // Gone before the stream began: no event tells of it any more.
      if (request.signal.aborted) return end();
      send('retry: 1000\n\n');
      void deliver();
    },
    pull: () => taken(),
    cancel: () => end(),
  };
  const highWaterMark = deps.bufferBytes ?? BUFFER_BYTES;
  const body = new ReadableStream(source, new ByteLengthQueuingStrategy({ highWaterMark }));
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
}

/** The number of the last event that the reader has; 0 for none, or for what is no number. */
function firstAfter(request: Request): number {
  const after =
    request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('after') ?? '';
  return /^\d{1,9}$/.test(after) ? Number(after) : 0;
}
