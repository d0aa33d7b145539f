import pg from 'pg';
import type { MigrationFile, MigrationLayout } from '@/lib/core/migration';
import { type TrackingTable, trackingIdentifier } from '@/lib/target';

/** drizzle's tracking table on a scratch database: scripts delete their own rows from it. */
export class ScratchTracking {
  private rows = 0;

  constructor(
    private readonly table: TrackingTable,
    private readonly layout: MigrationLayout,
  ) {}

  /** As drizzle creates it, before it applies anything. */
  async create(client: pg.ClientBase): Promise<void> {
    const columns = ['id SERIAL PRIMARY KEY', 'hash text NOT NULL', 'created_at bigint'];
    if (this.layout === 'folders') {
      columns.push('name text', 'applied_at timestamp with time zone DEFAULT now()');
    }
    await client.query(
      `CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(this.table.schema)};
       CREATE TABLE IF NOT EXISTS ${this.name} (${columns.join(', ')})`,
    );
  }

  /** Counts a migration as applied: its row stays, and the next one gets the next id. */
  settle(): void {
    this.rows += 1;
  }

  /** The id that the row of the migration at hand has. */
  get nextId(): number {
    return this.rows + 1;
  }

  /** What drizzle writes after the migration's own statements. */
  async add(client: pg.ClientBase, file: MigrationFile): Promise<void> {
    const named = this.layout === 'folders';
    await client.query(
      `INSERT INTO ${this.name} (id, hash, created_at${named ? ', name' : ''})
       VALUES ($1, $2, $3${named ? ', $4' : ''})`,
      [this.nextId, file.hash, String(file.when), ...(named ? [file.tag] : [])],
    );
  }

  /**
   * Removes the migration's row as a run does, and tells what the script has done to the table.
   * @returns `own`: the script had removed its row itself; `others`: it touched other rows
   */
  async remove(client: pg.ClientBase): Promise<{ own: boolean; others: boolean }> {
    const { rows } = await client.query<{ own: number; others: number }>(
      `SELECT count(*) FILTER (WHERE id = $1)::int AS own,
              count(*) FILTER (WHERE id < $1)::int AS others FROM ${this.name}`,
      [this.nextId],
    );
    const found = rows[0] ?? { own: 0, others: 0 };
    if (found.own > 0) {
      await client.query(`DELETE FROM ${this.name} WHERE id = $1`, [this.nextId]);
    }
    return { own: found.own === 0, others: found.others !== this.rows };
  }

  private get name(): string {
    return trackingIdentifier(this.table);
  }
}
