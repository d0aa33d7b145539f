import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openChangeStream } from './change-stream';
import type { Contact } from './contact';

/** Stands for the browser's EventSource: the test says what the network does. */
class Line {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string; lastEventId: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;

  constructor(readonly address: string) {}

  close() {
    this.closed = true;
  }
  tell(version: string) {
    this.onmessage?.({ data: 'changed', lastEventId: version });
  }
}

let lines: Line[];
let changes: number;
let contacts: Contact['state'][];
let stream: { close(): void };

const line = (): Line => {
  const last = lines.at(-1);
  if (!last) throw new Error('nothing was opened');
  return last;
};

function start(address: string, gatherMs?: number) {
  stream = openChangeStream({
    address,
    gatherMs,
    onChange: () => {
      changes += 1;
    },
    onContact: (contact) => contacts.push(contact.state),
    open: (opened) => {
      lines.push(new Line(opened));
      return line() as unknown as EventSource;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  changes = 0;
  contacts = [];
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

describe('openChangeStream', () => {
  it('asks for one reading for changes that come together', () => {
    start('/api/restores/ER-0001/events');
    expect(line().address).toBe('/api/restores/ER-0001/events?after=');
    line().tell('a');
    line().tell('b');
    expect(changes).toBe(0);
    vi.advanceTimersByTime(200);
    expect(changes).toBe(1);
    line().tell('c');
    vi.advanceTimersByTime(200);
    expect(changes).toBe(2);
  });

  it('reads no more often than it was told to', () => {
    start('/api/backups/events', 700);
    for (let told = 0; told < 10; told += 1) {
      line().tell(String(told));
      vi.advanceTimersByTime(100);
    }
    expect(changes).toBe(1);
  });

  it('goes on after a cut from the version that it was told last', () => {
    start('/api/backups/events?backup=B-0001');
    line().onopen?.();
    line().tell('a1');
    line().onerror?.();
    vi.advanceTimersByTime(300);
    expect(lines).toHaveLength(2);
    expect(line().address).toBe('/api/backups/events?backup=B-0001&after=a1');
    line().onopen?.();
    expect(contacts).toEqual(['connecting', 'live', 'lost', 'live']);
  });

  it('asks for nothing once it is closed', () => {
    start('/api/backups/events');
    line().tell('a');
    stream.close();
    vi.advanceTimersByTime(5_000);
    expect(changes).toBe(0);
    expect(line().closed).toBe(true);
  });
});
