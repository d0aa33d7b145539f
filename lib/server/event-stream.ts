import { type Ctx, findRollback, loadFacts, readEvents } from '@/lib/control';
import type { RollbackEvent } from '@/lib/core/events';
import { type Message, placeOf, type StreamDeps, streamMessages } from './message-stream';

const BATCH = 500;

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

const messageOf = (event: RollbackEvent): Message<number> => ({
  place: event.seq,
  text: () => textOf(event),
});

/**
 * The events of one rollback as server-sent events: first what is stored after `Last-Event-ID` (or
 * `?after=`), then each new one, in order, without gap and without double.
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
  const after = placeOf(request);
  return streamMessages(
    {
      topic: String(rollbackId),
      name: label,
      /** 0 for none, or for what is no number. */
      from: /^\d{1,9}$/.test(after) ? Number(after) : 0,
      async read(from) {
        const events = await readTogether(ctx, rollbackId, from);
        return { messages: events.map(messageOf), more: events.length === BATCH };
      },
    },
    request,
    deps,
  );
}
