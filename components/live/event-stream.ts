import type { RollbackEvent } from '@/lib/core/events';
import type { Contact } from './contact';
import { parseEvent } from './event-log';

/** Waits before another try. The first is short: most cuts are a web server that restarts. */
const RETRY_MS = [300, 1_000, 2_000, 4_000] as const;

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

/**
 * The events of a rollback as they happen, without gap or double over reconnects. EventSource gives
 * up for good on an HTTP error, so this opens it anew by itself, after the last event it has.
 */
export function openEventStream(options: EventStreamOptions): EventStream {
  const open = options.open ?? ((address: string) => new EventSource(address));
  let last = options.after;
  let source: EventSource | undefined;
  let tries = 0;
  let closed = false;
  let gathered: RollbackEvent[] = [];
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let overdueTimer: ReturnType<typeof setTimeout> | undefined;
  let contact: Contact = { state: 'connecting', since: Date.now() };

  function tell(state: Contact['state']) {
    if (contact.state === state) return;
    contact = { state, since: Date.now() };
    options.onContact(contact);
  }

  function flush() {
    flushTimer = undefined;
    const events = gathered;
    gathered = [];
    if (events.length > 0) options.onEvents(events);
  }

  function receive(message: MessageEvent<string>) {
    tell('live');
    const event = parseEvent(message.data);
    if (!event || event.seq <= last) return;
    last = event.seq;
    gathered.push(event);
    flushTimer ??= setTimeout(flush, GATHER_MS);
  }

  function connect() {
    clearTimeout(retryTimer);
    source?.close();
    const mine = open(`/api/rollbacks/${encodeURIComponent(options.label)}/events?after=${last}`);
    source = mine;
    mine.onopen = () => {
      tries = 0;
      tell('live');
    };
    mine.onmessage = receive;
    mine.onerror = () => {
      if (closed || source !== mine) return;
      mine.close();
      if (contact.state === 'live') tell('lost');
      const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 4_000;
      tries += 1;
      retryTimer = setTimeout(connect, wait);
    };
  }

  options.onContact(contact);
  connect();

  return {
    expect(seq) {
      clearTimeout(overdueTimer);
      if (closed || seq <= last) return;
      overdueTimer = setTimeout(() => {
        if (seq > last) connect();
      }, OVERDUE_MS);
    },
    close() {
      closed = true;
      source?.close();
      for (const timer of [flushTimer, retryTimer, overdueTimer]) clearTimeout(timer);
    },
  };
}
