import type { RollbackEvent } from '@/lib/core/events';
import type { Contact } from './contact';
import { parseEvent } from './event-log';
import { openMessageStream } from './message-stream';

/** A burst of events is handed on in one piece, so that ten thousand do not mean as many renders. */
const GATHER_MS = 50;

/** An event that the room knows of and the stream has not brought by then means a dead stream. */
const OVERDUE_MS = 2_000;

export interface EventStream {
  /** The console has events up to this one; a stream that stays behind is opened again. */
  expect(seq: number): void;
  close(): void;
}

export interface EventStreamOptions {
  label: string;
  /** Sequence number of the last event already known. */
  after: number;
  onEvents: (events: RollbackEvent[]) => void;
  onContact: (contact: Contact) => void;
  /** Opens the connection; the browser's EventSource unless a test says otherwise. */
  open?: (address: string) => EventSource;
}

/** The events of a rollback as they happen, without gap or double over reconnects. */
export function openEventStream(options: EventStreamOptions): EventStream {
  let last = options.after;
  let closed = false;
  let gathered: RollbackEvent[] = [];
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let overdueTimer: ReturnType<typeof setTimeout> | undefined;

  function flush() {
    flushTimer = undefined;
    const events = gathered;
    gathered = [];
    if (events.length > 0) options.onEvents(events);
  }

  const stream = openMessageStream({
    address: () => `/api/rollbacks/${encodeURIComponent(options.label)}/events?after=${last}`,
    onContact: options.onContact,
    open: options.open,
    onMessage({ data }) {
      const event = parseEvent(data);
      if (!event || event.seq <= last) return;
      last = event.seq;
      gathered.push(event);
      flushTimer ??= setTimeout(flush, GATHER_MS);
    },
  });

  return {
    expect(seq) {
      clearTimeout(overdueTimer);
      if (closed || seq <= last) return;
      overdueTimer = setTimeout(() => {
        if (seq > last) stream.reopen();
      }, OVERDUE_MS);
    },
    close() {
      closed = true;
      stream.close();
      for (const timer of [flushTimer, overdueTimer]) clearTimeout(timer);
    },
  };
}
