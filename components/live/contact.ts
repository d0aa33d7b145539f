/** How this page stands to the console, and since when by this browser's clock. */
export interface Contact {
  state: 'connecting' | 'live' | 'lost';
  since: number;
}

/**
 * What the stream says, unless reading the room has just failed for want of an answer: a stream to a
 * server that stands still looks alive.
 * @param lastRead when the room was read for the last time, by this browser's clock
 */
export function contactOf(stream: Contact, unanswered: boolean, lastRead: number): Contact {
  if (!unanswered || stream.state !== 'live') return stream;
  return { state: 'lost', since: Math.max(stream.since, lastRead) };
}

/** A cut shorter than this is a reconnect that nobody has to worry about. */
const WORRY_AFTER_MS = 5_000;

export interface ContactWords {
  state: 'connecting' | 'live' | 'reconnecting' | 'no_contact';
  word: string;
  /** Stands beside the word: age of the last event while live, else of the connection or the cut. */
  ageMs: number;
}

/** A word and a time for the connection, never one without the other once something has happened. */
export function describeContact(
  contact: Contact,
  browserNow: number,
  lastEventAgeMs: number | null,
): ContactWords {
  const sinceMs = Math.max(0, browserNow - contact.since);
  if (contact.state === 'live') {
    return { state: 'live', word: 'live', ageMs: lastEventAgeMs ?? sinceMs };
  }
  if (contact.state === 'connecting') {
    return { state: 'connecting', word: 'connecting', ageMs: sinceMs };
  }
  return sinceMs < WORRY_AFTER_MS
    ? { state: 'reconnecting', word: 'reconnecting', ageMs: sinceMs }
    : { state: 'no_contact', word: 'no contact', ageMs: sinceMs };
}
