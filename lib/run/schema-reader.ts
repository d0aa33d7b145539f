import type pg from 'pg';
import { CatalogFollower, snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { closeTarget, type TrackingTable } from '@/lib/target';

/** The server ends what takes longer; a server that has gone silent is waited for a little more. */
const STATEMENT_TIMEOUT_MS = 15_000;
const PATIENCE_MS = 20_000;

/**
 * Reads the live schema for a run, on a connection of its own: the run's session discards what was
 * prepared on it after each step, and records can be written meanwhile. A reading has every change
 * that was committed before it was asked for. When the connection can't be had or fails, the run's own
 * session is read instead, from then on.
 */
export class SchemaReader {
  private client: pg.Client | undefined;
  private connecting: Promise<CatalogFollower> | undefined;
  private ahead: Promise<CatalogSnapshot | null> | undefined;
  private failed = false;
  private ended = false;

  /** @param session the run's own, between two transactions */
  constructor(
    private readonly session: pg.Client,
    private readonly open: () => Promise<pg.Client>,
    private readonly tracking: TrackingTable,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /**
   * The schema as it is now.
   * @param whole read all of it, and not only what has changed since the last reading
   * @throws what `snapshotCatalog` throws on the run's own session
   */
  async read({ whole }: { whole: boolean }): Promise<CatalogSnapshot> {
    const begun = this.ahead ?? this.onOwnConnection(whole);
    this.ahead = undefined;
    return (await begun) ?? this.onSession();
  }

  /**
   * Begins the reading that is asked for next, on the connection of our own: the run may use its session
   * meanwhile.
   */
  readAhead({ whole }: { whole: boolean }): void {
    this.ahead = this.onOwnConnection(whole);
  }

  /** Begins to connect, so that the first reading finds everything ready. */
  warmUp(): void {
    // What goes wrong shows when the connection is needed.
    this.connected().catch(() => undefined);
  }

  async end(): Promise<void> {
    this.ended = true;
    if (this.client) await closeTarget(this.client);
  }

  /** @returns null when the session has to be read instead */
  private async onOwnConnection(whole: boolean): Promise<CatalogSnapshot | null> {
    if (this.failed) return null;
    try {
      const reading = this.connected().then((follower) =>
        whole ? follower.whole() : follower.next(),
      );
      return await inTime(reading, this.patienceMs);
    } catch {
      // Whatever it was: the run's own session says what is wrong with the target.
      this.failed = true;
      if (this.client) void closeTarget(this.client);
      return null;
    }
  }

  /** A cancel may hit the comparison instead of the step; the step is in, so it is read again. */
  private async onSession(): Promise<CatalogSnapshot> {
    const options = { tracking: this.tracking };
    try {
      return await snapshotCatalog(this.session, options);
    } catch {
      return await snapshotCatalog(this.session, options);
    }
  }

  private connected(): Promise<CatalogFollower> {
    this.connecting ??= this.connect();
    return this.connecting;
  }

  private async connect(): Promise<CatalogFollower> {
    const client = await this.open();
    this.client = client;
    // Given up meanwhile, by us or by the run.
    if (this.failed || this.ended) await closeTarget(client);
    await client.query(
      `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET lock_timeout = ${STATEMENT_TIMEOUT_MS}`,
    );
    const follower = new CatalogFollower(client, this.tracking);
    await follower.prepare();
    return follower;
  }
}

async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The schema was not read in time.')), limitMs);
  });
  // Of an answer that comes too late nobody wants to know.
  work.catch(() => undefined);
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
