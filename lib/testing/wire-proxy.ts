import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { ProxySession } from './proxy-session';

/** A place in what a client and its server say to each other. */
export interface Point {
  /** Only in sessions whose `application_name` is like this. */
  session?: RegExp;
  /** Only at a Query or Parse whose text is like this; without it, at every one of them. */
  statement?: RegExp;
  /** The n-th that fits, from 1, counted over all sessions from when the point was set. */
  nth?: number;
  /** Before the server has it; or when the server has answered it and the client has heard nothing. */
  when: 'before' | 'answered';
}

/** A session that stands at a point until one of these is called; the later calls do nothing. */
export interface Held {
  application: string;
  statement: string;
  /** Goes on as if nothing had been. */
  forward(): void;
  /**
   * This message, or this answer, is never delivered, nor what follows it in the same direction; a
   * stream loses nothing in its middle. The other direction goes on.
   */
  drop(): void;
  /** Closes both sides. */
  cut(): void;
  /** Half-open: from now on nothing is delivered to either side, and nobody is told. */
  silence(): void;
}

/** A TCP proxy on loopback that understands PostgreSQL's protocol and does what a network may do. */
export interface WireProxy {
  /** The upstream's URL, by way of the proxy. */
  url: string;
  /** Waits for the point; from then on the session stands still. */
  hold(point: Point): Promise<Held>;
  /** Nobody waits for a point any more; what stands still goes on standing. */
  forget(): void;
  /** As many connections as are open, of those that fit. */
  open(session?: RegExp): number;
  /** Closes both sides of the connections that are open now. */
  cut(session?: RegExp): void;
  /** Makes the connections that are open now half-open. */
  silence(session?: RegExp): void;
  /** While true, new connections are closed at once. */
  refuse(on: boolean): void;
  /** Holds each message of either side back for so long. */
  slow(ms: number): void;
  close(): Promise<void>;
}

export interface Waiting {
  point: Point;
  left: number;
  reached(held: Held): void;
}

/** Starts a proxy in front of the server that `upstream` leads to. */
export async function startWireProxy(upstream: string): Promise<WireProxy> {
  const address = new URL(upstream);
  const sessions = new Set<ProxySession>();
  const state = { waiting: [] as Waiting[], delayMs: 0, refusing: false };
  const server = createServer((client) => {
    if (state.refusing) {
      client.destroy();
      return;
    }
    const backend = connect({ host: address.hostname, port: Number(address.port || 5432) });
    for (const socket of [client, backend]) {
      socket.setNoDelay(true);
      // What a broken connection says is told by its end.
      socket.on('error', () => undefined);
    }
    const session = new ProxySession(client, backend, state);
    sessions.add(session);
    void session.run().finally(() => sessions.delete(session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(upstream);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const those = (like?: RegExp) =>
    [...sessions].filter((session) => !like || like.test(session.application));
  return {
    url: url.href,
    hold: (point) =>
      new Promise((reached) => {
        state.waiting.push({ point, left: point.nth ?? 1, reached });
      }),
    forget() {
      state.waiting.length = 0;
    },
    open: (like) => those(like).length,
    cut(like) {
      for (const session of those(like)) session.cut();
    },
    silence(like) {
      for (const session of those(like)) session.silence();
    },
    refuse(on) {
      state.refusing = on;
    },
    slow(ms) {
      state.delayMs = ms;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.cut();
      await closed;
    },
  };
}
