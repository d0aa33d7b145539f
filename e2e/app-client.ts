import pg from 'pg';

/** How long an application waits before it tries again. */
const AGAIN_MS = 50;

/** A client of the application that writes all the time, is cut off, and comes back by itself. */
export class AppClient {
  private readonly pool: pg.Pool;
  private readonly going: Promise<void>;
  private attempts = 0;
  private ended = false;
  /** Ids of messages whose COMMIT it was told, by the object id of the database that they are in. */
  readonly written = new Map<string, string[]>();
  /** What it was told when it was cut off or not let in: SQLSTATEs, or error codes of the network. */
  readonly refusals = new Set<string>();

  constructor(url: string) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: 'agentim-web',
      max: 1,
      connectionTimeoutMillis: 5_000,
    });
    this.pool.on('error', (error) => this.note(error));
    this.going = this.go();
  }

  /** Databases in which it has written so far, in this order. */
  get databases(): string[] {
    return [...this.written.keys()];
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.going;
    await this.pool.end();
  }

  private async go(): Promise<void> {
    while (!this.ended) {
      const id = `msg_still_here_${this.attempts++}`;
      try {
        const { rows } = await this.pool.query<{ database: string }>(
          `INSERT INTO messages (id, room_id, sender_id, sender_type, sender_name, kind, content)
           SELECT $1, room_id, sender_id, sender_type, sender_name, 'text', 'still here'
             FROM messages ORDER BY id LIMIT 1
           RETURNING (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`,
          [id],
        );
        const database = rows[0]?.database ?? '';
        this.written.set(database, [...(this.written.get(database) ?? []), id]);
      } catch (error) {
        this.note(error);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  private note(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.refusals.add(code);
  }
}
