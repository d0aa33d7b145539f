import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { MigrationLayout, TrackingRow } from '@/lib/core/migration';
import { parseUp } from '@/lib/sql';
import { isConnectionFault, SQLSTATE, type TrackingTable, trackingIdentifier } from '@/lib/target';
import { createReplayFolder, type ReplayFile, type ReplayFolder } from './replay-folder';
import { replayInPieces } from './replay-in-pieces';
import { beginAnew, endSession, type ReplaySettings } from './replay-session';
import { createTrackingTable, writeTrackingRows } from './tracking-rows';
import { serverErrorOf, unreplayable } from './unreplayable';

export interface ReplayInput extends ReplaySettings {
  /** In the order in which drizzle applies them. */
  files: readonly ReplayFile[];
  migrationsFolder: string;
  layout: MigrationLayout;
  tracking: TrackingTable;
  /** The live tracking rows, for afterwards. */
  rows: readonly TrackingRow[];
  /** SQL that runs first: what the history expects of the database. */
  bootstrap?: string;
  /** Number of migrations that are through. May begin anew. */
  onProgress?(done: number): void;
  /** A role that came with the migrations: it belongs to the server and outlives the database. */
  onRole?(name: string): void;
}

/** How the migrations were applied. */
export interface Replayed {
  /** As sentences; empty when drizzle's migrator applied them all at once. */
  remarks: string[];
}

/**
 * Brings an empty database to the current head, and gives it the tracking rows of the live one.
 * drizzle's own migrator applies all migrations in one transaction; where they don't run so, they are
 * applied one by one.
 * @throws UnreplayableError naming the migration; BackstepError `plan_stale` as `createReplayFolder`,
 *   `rehearsal_failed` when the bootstrap script fails
 */
export async function replayMigrations(client: pg.Client, input: ReplayInput): Promise<Replayed> {
  const folder = await createReplayFolder(input.migrationsFolder, input.files);
  const rolesBefore = await roleNames(client);
  try {
    if (input.bootstrap !== undefined) await runBootstrap(client, input, input.bootstrap);
    await createTrackingTable(client, input.tracking, input.layout);
    const remarks = await applyAll(client, input, folder);
    await endSession(client);
    await writeTrackingRows(client, input.tracking, input.rows);
    return { remarks };
  } finally {
    await folder.dispose();
    await tellRoles(client, input, folder, rolesBefore).catch(() => undefined);
  }
}

async function runBootstrap(
  client: pg.Client,
  settings: ReplaySettings,
  bootstrap: string,
): Promise<void> {
  await beginAnew(client, settings);
  try {
    await client.query(bootstrap);
  } catch (error) {
    if (isConnectionFault(error)) throw error;
    throw new BackstepError(
      'rehearsal_failed',
      `The target’s bootstrap script fails on an empty database: ${(error as Error).message}. Mend the script, then try again.`,
      { cause: error },
    );
  }
}

async function applyAll(
  client: pg.Client,
  input: ReplayInput,
  folder: ReplayFolder,
): Promise<string[]> {
  const onProgress = (done: number) => input.onProgress?.(done);
  const own = await withOwnTransaction(input.files, folder.texts);
  const failure = own === undefined ? await migrateAtOnce(client, input, folder) : undefined;
  if (own === undefined && failure === undefined) return [];
  const split = await replayInPieces(client, { ...input, texts: folder.texts, onProgress });
  const why = failure?.reason ?? `${own?.path} begins or ends transactions itself`;
  return [
    `The migrations do not run in one transaction (${why}), so they were applied one by one.`,
    ...(split.length > 0
      ? [`Applied statement by statement, outside a transaction: ${split.join(', ')}.`]
      : []),
  ];
}

/** A COMMIT of its own would leave half a history behind when something later fails. */
async function withOwnTransaction(
  files: readonly ReplayFile[],
  texts: readonly string[],
): Promise<ReplayFile | undefined> {
  for (const [index, file] of files.entries()) {
    if ((await parseUp(texts[index] ?? '')).ownTransaction) return file;
  }
  return undefined;
}

/** @returns why it failed, after all of it was undone */
async function migrateAtOnce(client: pg.Client, input: ReplayInput, folder: ReplayFolder) {
  let done = 0;
  // The migrator says nothing of its progress, but each migration ends with its tracking row.
  const row = `insert into ${trackingIdentifier(input.tracking)} `;
  const logQuery = (query: string) => {
    if (!query.startsWith(row)) return;
    done += 1;
    input.onProgress?.(done);
  };
  await beginAnew(client, input);
  try {
    await migrate(drizzle(client, { logger: { logQuery } }), {
      migrationsFolder: folder.path,
      migrationsSchema: input.tracking.schema,
      migrationsTable: input.tracking.table,
    });
    return undefined;
  } catch (error) {
    const server = serverErrorOf(error);
    if (!server || isConnectionFault(server)) throw server ?? innermost(error);
    const failure = unreplayable(input.files[done]?.path ?? 'The end of the migrations', error);
    // What takes too long at once takes as long in pieces.
    if (server.code === SQLSTATE.queryCanceled) throw failure;
    return failure;
  }
}

/** drizzle wraps what happens, a lost connection too. */
function innermost(error: unknown): unknown {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  return at;
}

async function roleNames(client: pg.Client): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_catalog.pg_roles',
  );
  return new Set(rows.map((row) => row.name));
}

/** Others may make roles at the same time: only what our own scripts spell out counts as theirs. */
async function tellRoles(
  client: pg.Client,
  input: ReplayInput,
  folder: ReplayFolder,
  before: ReadonlySet<string>,
): Promise<void> {
  if (!input.onRole) return;
  const texts = [input.bootstrap ?? '', ...folder.texts];
  for (const name of await roleNames(client)) {
    if (!before.has(name) && texts.some((text) => text.includes(name))) input.onRole(name);
  }
}
