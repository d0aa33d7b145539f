import pg from 'pg';
import { EVENTS_CHANNEL } from '@/lib/control';
import type { Logger } from '@/lib/log';

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * One LISTEN connection for the whole process: readers are woken when there is news of their topic, which
 * is a rollback's number or what else is notified, and all of them when the connection is back, for what
 * they may have missed. They poll besides.
 */
export class EventHub {
  private readonly listeners = new Map<string, Set<() => void>>();
  private client: pg.Client | undefined;
  private connecting = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly log: Pick<Logger, 'warn'>,
    private readonly reconnectMs = RECONNECT_MS,
  ) {}

  /** @returns a function that ends the subscription */
  subscribe(topic: string, wake: () => void): () => void {
    const set = this.listeners.get(topic) ?? new Set();
    set.add(wake);
    this.listeners.set(topic, set);
    void this.connect();
    return () => {
      set.delete(wake);
      if (set.size === 0 && this.listeners.get(topic) === set) {
        this.listeners.delete(topic);
      }
    };
  }

  /** How many are subscribed. */
  get size(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retryTimer);
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<void> {
    if (this.client || this.connecting || this.closed) return;
    this.connecting = true;
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'backstep listen',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const lost = () => {
      if (this.client !== client) return;
      this.client = undefined;
      this.retry();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', (message) => this.wake(message.payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${EVENTS_CHANNEL}`);
      if (this.closed) return await client.end();
      this.client = client;
      for (const topic of this.listeners.keys()) this.wake(topic);
    } catch (cause) {
      this.log.warn({ err: cause }, 'listening for events failed; it is tried again');
      void client.end().catch(() => undefined);
      this.retry();
    } finally {
      this.connecting = false;
    }
  }

  private wake(topic: string): void {
    for (const wake of this.listeners.get(topic) ?? []) wake();
  }

  private retry(): void {
    if (this.closed) return;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      if (this.listeners.size > 0) void this.connect();
    }, this.reconnectMs);
  }
}
