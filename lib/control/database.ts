import type { ExtractTablesWithRelations } from 'drizzle-orm';
import { drizzle, type NodePgDatabase, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import type { PgTransaction } from 'drizzle-orm/pg-core';
import pg from 'pg';
import * as schema from './schema';

type Schema = typeof schema;

type Database = NodePgDatabase<Schema> & { $client: pg.Pool };

/** The control database, or a transaction on it: verbs take either. */
export type ControlDb =
  | Database
  | PgTransaction<NodePgQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>;

export interface Control {
  db: Database;
  pool: pg.Pool;
  url: string;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Opens a pool on the control database. Connections are made when they are first needed. */
export function openControl(url: string, options: { max?: number; name?: string } = {}): Control {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: options.name ?? 'backstep',
  });
  // An idle connection that dies (server restart) must not take the process down; the next query
  // opens a new one.
  pool.on('error', () => {});
  // The same for one that is in use, between two queries of a transaction: the next one reports it.
  pool.on('connect', (client) => client.on('error', () => {}));
  return { db: drizzle(pool, { schema }), pool, url, close: () => pool.end() };
}
