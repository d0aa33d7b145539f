import type { Contact } from './contact';
import { openMessageStream } from './message-stream';

/** Changes that come together ask for one reading. */
const GATHER_MS = 120;

export interface ChangeStreamOptions {
  /** Without `after`, which says the version that the page has been told of. */
  address: string;
  onChange: () => void;
  /** Changes within this time ask for one reading. */
  gatherMs?: number;
  onContact: (contact: Contact) => void;
  /** Opens the connection; the browser's EventSource unless a test says otherwise. */
  open?: (address: string) => EventSource;
}

/**
 * Hears when something has changed; what it is now is for the page to read. What changed while the stream
 * was cut is told when it is back, and told once: the version goes along.
 */
export function openChangeStream(options: ChangeStreamOptions): { close(): void } {
  let version = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stream = openMessageStream({
    address: () => {
      const joint = options.address.includes('?') ? '&' : '?';
      return `${options.address}${joint}after=${encodeURIComponent(version)}`;
    },
    onContact: options.onContact,
    open: options.open,
    onMessage({ lastEventId }) {
      version = lastEventId;
      timer ??= setTimeout(() => {
        timer = undefined;
        options.onChange();
      }, options.gatherMs ?? GATHER_MS);
    },
  });
  return {
    close() {
      stream.close();
      clearTimeout(timer);
    },
  };
}
