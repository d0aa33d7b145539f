import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { TrackingRow } from '@/lib/core/migration';
import type { Plan } from '@/lib/core/plan';
import { sqlstateOf, trackingIdentifier } from '@/lib/target';
import { createReplayFolder } from './replay-folder';

interface ReplayInput {
  plan: Plan;
  migrationsFolder: string;
  statementTimeoutMs: number;
  /** The target's own default: unqualified names shall mean here what they mean there. */
  searchPath: string;
  /** Number of migrations that are through. */
  onProgress(done: number): void;
}

/**
 * Brings an empty database to the plan's current head by drizzle's own migrator, and gives it the
 * tracking rows of the live one.
 * @throws BackstepError `plan_stale`; `rehearsal_failed` naming the migration that did not apply
 */
export async function replay(client: pg.Client, input: ReplayInput): Promise<void> {
  const { plan } = input;
  const folder = await createReplayFolder(input.migrationsFolder, plan.replay);
  let done = 0;
  // The migrator says nothing of its progress, but each migration ends with its tracking row.
  const tracking = trackingIdentifier(plan.tracking);
  const logQuery = (query: string) => {
    if (!query.startsWith(`insert into ${tracking} `)) return;
    done += 1;
    input.onProgress(done);
  };
  try {
    await client.query(
      "SELECT pg_catalog.set_config('search_path', $1, false), pg_catalog.set_config('statement_timeout', $2, false)",
      [input.searchPath, String(input.statementTimeoutMs)],
    );
    await migrate(drizzle(client, { logger: { logQuery } }), {
      migrationsFolder: folder.path,
      migrationsSchema: plan.tracking.schema,
      migrationsTable: plan.tracking.table,
    });
    // A migration may have changed the session; what follows must not depend on it.
    await client.query('RESET ALL');
  } catch (error) {
    throw replayFailure(error, plan.replay[done]?.tag);
  } finally {
    await folder.dispose();
  }
  await writeTrackingRows(client, plan);
}

function replayFailure(error: unknown, tag: string | undefined): Error {
  const server = serverError(error);
  if (!server) return error instanceof Error ? error : new Error(String(error));
  const where = tag ? `${tag}.sql does not apply` : 'The migrations do not apply';
  return new BackstepError(
    'rehearsal_failed',
    `${where} to an empty database, so there is nothing to rehearse on. PostgreSQL says: ${server.message} (SQLSTATE ${server.code}). If the migrations presume something of the server, such as a role or an extension, create it on the scratch server, then rehearse again.`,
    { cause: error, details: { tag, sqlstate: server.code } },
  );
}

/** drizzle wraps what PostgreSQL says. */
function serverError(error: unknown): (Error & { code: string }) | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (sqlstateOf(at)) return at as Error & { code: string };
  }
  return undefined;
}

/**
 * Replaying gives rows with ids and hashes of its own: files may have changed since they were
 * applied, and the live ids may have gaps. The steps must find the rows that they will find live.
 */
async function writeTrackingRows(client: pg.Client, plan: Plan): Promise<void> {
  const tracking = trackingIdentifier(plan.tracking);
  await client.query('BEGIN');
  await client.query(`DELETE FROM ${tracking}`);
  await client.query(
    `INSERT INTO ${tracking} (id, hash, created_at)
     SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[])`,
    columnsOf(plan.rows),
  );
  await client.query('COMMIT');
}

function columnsOf(rows: readonly TrackingRow[]): [number[], string[], string[]] {
  return [rows.map((row) => row.id), rows.map((row) => row.hash), rows.map((row) => row.createdAt)];
}
