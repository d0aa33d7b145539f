import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RollbackEvent } from '@/lib/core/events';
import type { Contact } from './contact';
import { type EventStream, openEventStream } from './event-stream';

/** Stands for the browser's EventSource: the test says what the network does. */
class Line {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;

  constructor(readonly address: string) {}

  close() {
    this.closed = true;
  }
  send(...seqs: number[]) {
    for (const seq of seqs) {
      const event = { seq, at: 'now', runId: null, kind: 'run.finished', payload: {} };
      this.onmessage?.({ data: JSON.stringify(event) });
    }
  }
}

let lines: Line[];
let received: RollbackEvent[];
let pieces: number;
let contacts: Contact['state'][];
let stream: EventStream | undefined;

const line = (): Line => {
  const last = lines.at(-1);
  if (!last) throw new Error('nothing was opened');
  return last;
};

function start(after = 0) {
  stream = openEventStream({
    label: 'RB-0001',
    after,
    onEvents: (events) => {
      pieces += 1;
      received.push(...events);
    },
    onContact: (contact) => contacts.push(contact.state),
    open: (address) => {
      lines.push(new Line(address));
      return line() as unknown as EventSource;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  received = [];
  pieces = 0;
  contacts = [];
});
afterEach(() => {
  stream?.close();
  vi.useRealTimers();
});

const seqs = () => received.map((event) => event.seq);

describe('openEventStream', () => {
  it('asks for what comes after the last event it has', () => {
    start(7);
    expect(line().address).toBe('/api/rollbacks/RB-0001/events?after=7');
  });

  it('hands a burst on in one piece', () => {
    start();
    line().send(...Array.from({ length: 1_000 }, (_, index) => index + 1));
    vi.advanceTimersByTime(60);
    expect(seqs()).toHaveLength(1_000);
    expect(pieces).toBe(1);
  });

  it('opens anew after a cut, where it stopped, and passes over what comes twice', () => {
    start();
    line().onopen?.();
    line().send(1, 2);
    line().onerror?.();
    expect(line().closed).toBe(true);
    vi.advanceTimersByTime(300);
    expect(lines).toHaveLength(2);
    expect(line().address).toContain('after=2');
    line().onopen?.();
    line().send(2, 3);
    vi.advanceTimersByTime(60);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(contacts).toEqual(['connecting', 'live', 'lost', 'live']);
  });

  it('waits longer from try to try, and starts short again after a success', () => {
    start();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = lines.length;
      let waited = 0;
      line().onerror?.();
      while (lines.length === before) {
        vi.advanceTimersByTime(100);
        waited += 100;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([300, 1_000, 2_000, 4_000, 4_000]);
    line().onopen?.();
    line().onerror?.();
    vi.advanceTimersByTime(300);
    expect(lines).toHaveLength(7);
  });

  it('notices a stream that has fallen asleep', () => {
    start();
    line().onopen?.();
    line().send(1);
    stream?.expect(5);
    vi.advanceTimersByTime(2_000);
    expect(lines).toHaveLength(2);
    expect(line().address).toContain('after=1');
  });

  it('leaves a stream alone that brings what is expected', () => {
    start();
    line().onopen?.();
    stream?.expect(2);
    line().send(1, 2);
    vi.advanceTimersByTime(5_000);
    expect(lines).toHaveLength(1);
  });

  it('passes over what is not an event', () => {
    start();
    line().onmessage?.({ data: 'hello' });
    line().send(1);
    vi.advanceTimersByTime(60);
    expect(seqs()).toEqual([1]);
  });

  it('is silent once closed', () => {
    start();
    line().send(1);
    line().onerror?.();
    stream?.close();
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(1);
    expect(received).toEqual([]);
  });
});
