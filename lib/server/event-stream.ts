import { resumeSession } from '@/lib/auth';
import { sessionOfRequest } from '@/lib/auth/next';
import { type Ctx, findRollback, loadFacts, readEvents } from '@/lib/control';
import { eventHub, logger } from './runtime';

/** Reads again even without a wake-up: the hub's connection may have been away. */
const POLL_MS = 2_000;
/** Proxies close what is silent. */
const HEARTBEAT_MS = 15_000;
/** Who was signed out or disabled shall not watch on. */
const SESSION_CHECK_MS = 60_000;
const BATCH = 500;

/**
 * The events of one rollback as server-sent events: first what is stored after `Last-Event-ID` (or
 * `?after=`), then each new one, in order, without gap and without double.
 */
export async function streamEvents(ctx: Ctx, label: string, request: Request): Promise<Response> {
  const rollbackId = findRollback(label);
  await loadFacts(ctx, rollbackId);
  const sid = await sessionOfRequest();
  const after =
    request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('after') ?? '0';
  let seq = /^\d{1,9}$/.test(after) ? Number(after) : 0;
  const encoder = new TextEncoder();
  let end: () => void = () => undefined;

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let ended = false;
      let reading = false;
      let again = false;
      const timers: NodeJS.Timeout[] = [];
      const send = (text: string) => {
        if (!ended) controller.enqueue(encoder.encode(text));
      };
      const deliver = async () => {
        // One reader at a time; a wake-up in between means another round.
        again = true;
        if (reading) return;
        reading = true;
        try {
          while (again && !ended) {
            again = false;
            const events = await readEvents(ctx, rollbackId, seq, BATCH);
            for (const event of events) {
              send(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
              seq = event.seq;
            }
            if (events.length === BATCH) again = true;
          }
        } catch (cause) {
          // The control database is away: the next poll reads on from the same number.
          logger().warn({ err: cause, rollback: label }, 'events could not be read');
        } finally {
          reading = false;
        }
      };
      const unsubscribe = eventHub().subscribe(rollbackId, () => void deliver());
      end = () => {
        if (ended) return;
        ended = true;
        unsubscribe();
        for (const timer of timers) clearInterval(timer);
        try {
          controller.close();
        } catch {
          // Closed by the other side already.
        }
      };
      request.signal.addEventListener('abort', end);
      timers.push(setInterval(() => void deliver(), POLL_MS));
      timers.push(setInterval(() => send(': still here\n\n'), HEARTBEAT_MS));
      timers.push(
        setInterval(() => {
          // An open stream is no use by a person: it does not keep the session awake.
          resumeSession(ctx, sid ?? '', { touch: false }).then(
            (actor) => {
              if (!actor) end();
            },
            () => undefined,
          );
        }, SESSION_CHECK_MS),
      );
      send('retry: 1000\n\n');
      void deliver();
    },
    cancel: () => end(),
  });
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
}
