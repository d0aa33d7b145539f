import pg from 'pg';
import { EVENTS_CHANNEL } from '@/lib/control';
import type { Logger } from '@/lib/log';

const RECONNECT_MS = 1_000;

/**
 * One LISTEN connection for the whole process: readers are woken when their rollback has new events.
 * What was missed while it was away is read by the readers' own polling.
 */
export class EventHub {
  private readonly listeners = new Map<number, Set<() => void>>();
  private client: pg.Client | undefined;
  private connecting = false;

  constructor(
    private readonly url: string,
    private readonly log: Logger,
  ) {}

  /** @returns a function that ends the subscription */
  subscribe(rollbackId: number, wake: () => void): () => void {
    const set = this.listeners.get(rollbackId) ?? new Set();
    set.add(wake);
    this.listeners.set(rollbackId, set);
    void this.connect();
    return () => {
      set.delete(wake);
      if (set.size === 0) this.listeners.delete(rollbackId);
    };
  }

  private async connect(): Promise<void> {
    if (this.client || this.connecting) return;
    this.connecting = true;
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'backstep listen',
      keepAlive: true,
    });
    const lost = () => {
      if (this.client !== client) return;
      this.client = undefined;
      this.retry();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', (message) => {
      for (const wake of this.listeners.get(Number(message.payload)) ?? []) wake();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${EVENTS_CHANNEL}`);
      this.client = client;
    } catch (cause) {
      this.log.warn({ err: cause }, 'listening for events failed; it is tried again');
      await client.end().catch(() => undefined);
      this.retry();
    } finally {
      this.connecting = false;
    }
  }

  private retry(): void {
    setTimeout(() => {
      if (this.listeners.size > 0) void this.connect();
    }, RECONNECT_MS);
  }
}
