import type { Contact } from './contact';

/** Waits before another try. The first is short: most cuts are a web server that restarts. */
const RETRY_MS = [300, 1_000, 2_000, 4_000] as const;

export interface MessageStream {
  /** For a stream that should have brought something by now. */
  reopen(): void;
  close(): void;
}

export interface MessageStreamOptions {
  /** Asked for with every opening: it says after which message to go on. */
  address: () => string;
  onMessage: (message: MessageEvent<string>) => void;
  onContact: (contact: Contact) => void;
  /** Opens the connection; the browser's EventSource unless a test says otherwise. */
  open?: (address: string) => EventSource;
}

/**
 * Messages of the console as they come. EventSource gives up for good on an HTTP error, so this opens it
 * anew by itself.
 */
export function openMessageStream(options: MessageStreamOptions): MessageStream {
  const open = options.open ?? ((address: string) => new EventSource(address));
  let source: EventSource | undefined;
  let tries = 0;
  let closed = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let contact: Contact = { state: 'connecting', since: Date.now() };

  function tell(state: Contact['state']) {
    if (contact.state === state) return;
    contact = { state, since: Date.now() };
    options.onContact(contact);
  }

  function connect() {
    clearTimeout(retryTimer);
    source?.close();
    const mine = open(options.address());
    source = mine;
    mine.onopen = () => {
      tries = 0;
      tell('live');
    };
    mine.onmessage = (message: MessageEvent<string>) => {
      tell('live');
      options.onMessage(message);
    };
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
    reopen: connect,
    close() {
      closed = true;
      source?.close();
      clearTimeout(retryTimer);
    },
  };
}
