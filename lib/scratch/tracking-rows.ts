import pg from 'pg';
import type { MigrationLayout, TrackingRow } from '@/lib/core/migration';
import { type TrackingTable, trackingIdentifier } from '@/lib/target';

/**
 * Makes an empty tracking table as the drizzle of that layout does: 1.0 writes the name of the folder
 * and the time as well.
 */
export async function createTrackingTable(
  client: pg.Client,
  tracking: TrackingTable,
  layout: MigrationLayout,
): Promise<void> {
  const columns = ['id SERIAL PRIMARY KEY', 'hash text NOT NULL', 'created_at bigint'];
  if (layout === 'folders') {
    columns.push('name text', 'applied_at timestamp with time zone DEFAULT now()');
  }
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(tracking.schema)}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${trackingIdentifier(tracking)} (${columns.join(', ')})`,
  );
}

/** Writes the row of one migration as drizzle does. */
export async function addTrackingRow(
  client: pg.Client,
  tracking: TrackingTable,
  file: { hash: string; when: number },
): Promise<void> {
  await client.query(
    `INSERT INTO ${trackingIdentifier(tracking)} (hash, created_at) VALUES ($1, $2)`,
    [file.hash, String(file.when)],
  );
}

/**
 * Puts these rows in the place of all others. Replaying gives rows with ids and hashes of its own:
 * files may have changed since they were applied, and the live ids may have gaps. The steps must find
 * the rows that they will find live.
 */
export async function writeTrackingRows(
  client: pg.Client,
  tracking: TrackingTable,
  rows: readonly TrackingRow[],
): Promise<void> {
  const table = trackingIdentifier(tracking);
  const named = await hasNames(client, tracking);
  await client.query('BEGIN');
  await client.query(`DELETE FROM ${table}`);
  await client.query(
    `INSERT INTO ${table} (id, hash, created_at${named ? ', name, applied_at' : ''})
     SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[]${named ? ', $4::text[], $5::timestamptz[]' : ''})`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.hash),
      rows.map((row) => row.createdAt),
      ...(named
        ? [rows.map((row) => row.name ?? null), rows.map((row) => row.appliedAt ?? null)]
        : []),
    ],
  );
  await client.query('COMMIT');
}

async function hasNames(client: pg.Client, tracking: TrackingTable): Promise<boolean> {
  const { rows } = await client.query<{ named: boolean }>(
    `SELECT count(*) = 2 AS named FROM pg_catalog.pg_attribute
      WHERE attrelid = $1::pg_catalog.regclass AND attname IN ('name', 'applied_at')
        AND NOT attisdropped`,
    [trackingIdentifier(tracking)],
  );
  return rows[0]?.named === true;
}
