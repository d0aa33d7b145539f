import type { Logger } from '@/lib/log';
import type { EventHub } from './event-hub';

/** How often a stream looks for itself; a test has less time. */
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

/** What a stream sends: whatever comes after the place where its reader stands. */
export interface MessageSource<Place> {
  /** The hub's topic that wakes it. */
  topic: string;
  /** What the log calls it. */
  name: string;
  /** Where the reader stands when it comes. */
  from: Place;
  /** In order; `more`: there is more of it already. */
  read(from: Place): Promise<{ messages: readonly Message<Place>[]; more: boolean }>;
}

export interface Message<Place> {
  /** Where the reader stands once it has it. */
  place: Place;
  /** The whole message, as the wire has it; only made when the reader takes it. */
  text(): string;
}

/** Where the reader says that it stands: `Last-Event-ID`, or `?after=` where it opens anew by itself. */
export function placeOf(request: Request): string {
  return (
    request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('after') ?? ''
  );
}

/**
 * Server-sent messages: what there is after the reader's place, then whatever comes, in order, without gap
 * and without double. No more is read than the reader takes.
 */
export function streamMessages<Place>(
  source: MessageSource<Place>,
  request: Request,
  deps: StreamDeps,
): Response {
  const every = { ...EVERY, ...deps.every };
  const encoder = new TextEncoder();
  let place = source.from;
  let end: () => void = () => undefined;
  let taken: () => void = () => undefined;

  const stream: UnderlyingDefaultSource<Uint8Array> = {
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
            const { messages, more } = await source.read(place);
            for (const message of messages) {
              if (isFull()) return;
              send(message.text());
              place = message.place;
            }
            if (more) again = true;
          }
        } catch (cause) {
          // The control database is away: the next poll reads on from the same place.
          deps.log.warn({ err: cause, stream: source.name }, 'events could not be read');
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
      const unsubscribe = deps.hub.subscribe(source.topic, () => void deliver());
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
  const body = new ReadableStream(stream, new ByteLengthQueuingStrategy({ highWaterMark }));
  return new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
}
