import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq } from 'drizzle-orm';
import type pg from 'pg';
import { type Ctx, installationId, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import {
  closeTarget,
  type DatabaseIdentity,
  findPooler,
  openTarget,
  readIdentity,
} from '@/lib/target';
import type { RestoreRow } from './restore-facts';
import { RestoreLostError } from './restore-record';
import { requireSameServer } from './same-server';

/** Databases that servers have beside those of applications. A database can't be renamed from within. */
const MAINTENANCE = ['postgres', 'template1', 'defaultdb'];

/** Beside it, first key of the session lock in the maintenance database; the second a hash of the database's oid. */
const SWAP_LOCK = 5_730_007;

/** The rename itself waits up to five seconds for the last sessions to go. */
const SETTINGS = `
  SET lock_timeout = '3s';
  SET statement_timeout = '60s';
  SET idle_session_timeout = 0;
  SET search_path = pg_catalog`;

const ORPHAN_PATIENCE_MS = 10_000;

export interface MaintenanceSession {
  client: pg.Client;
  identity: DatabaseIdentity;
  /** Which database the session is in. */
  database: string;
  close(): Promise<void>;
}

/** Begins the `application_name` of everything that works for this restore, in any epoch. */
export const restorePrefix = (installation: string, restoreId: number): string =>
  `backstep restore ${installation}/${restoreId}/`;

export async function restoreApplication(
  ctx: Pick<Ctx, 'db'>,
  { restoreId, epoch }: { restoreId: number; epoch: number },
): Promise<string> {
  return `${restorePrefix(await installationId(ctx), restoreId)}${epoch}`;
}

/** The same connection, with another database at its end. */
export function urlOfDatabase(url: string, database: string): string {
  const parsed = new URL(url);
  // The driver decodes it as a whole: what has a meaning in an address (+ & @) must stand as it is.
  parsed.pathname = `/${encodeURI(database).replace(/[?#]/g, encodeURIComponent)}`;
  return parsed.href;
}

/** A target's configuration that leads to another database of its server. */
export function atDatabase(target: TargetConfig, database: string): TargetConfig {
  const url = urlOfDatabase(target.url, database);
  return { ...target, url, readUrl: url };
}

/**
 * Opens the session that moves names and doors: on the target's server, in another database. What an
 * earlier owner of the restore has left on the server is ended first, so that nothing of it acts later.
 * @throws BackstepError `target_unreachable`, `restore_failed` for a standby, another server, a pooler,
 *   a server without a database to work from, or another Backstep at the same swap; RestoreLostError
 */
export async function openMaintenance(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  row: Pick<
    RestoreRow,
    'id' | 'systemIdentifier' | 'presentDatabase' | 'newDatabase' | 'formerDatabase' | 'presentOid'
  >,
  owner: { restoreId: number; epoch: number },
): Promise<MaintenanceSession> {
  return openSession(ctx, target, row, owner, (application) =>
    connectBeside(target, row, application),
  );
}

/**
 * Opens the session that moves schemas: in the target's database itself.
 * @throws as `openMaintenance`; BackstepError `refused` when the url leads to another database by now
 */
export async function openInPlace(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  row: Pick<RestoreRow, 'systemIdentifier' | 'presentDatabase' | 'presentOid'>,
  owner: { restoreId: number; epoch: number },
): Promise<MaintenanceSession> {
  const session = await openSession(ctx, target, row, owner, async (applicationName) => ({
    client: await openTarget(target, 'write', { applicationName }),
    database: row.presentDatabase,
  }));
  try {
    await requireSameServer(session.client, row);
    await session.client.query(
      session.identity.serverVersionNum >= 170_000
        ? `${IN_PLACE_SETTINGS}; SET transaction_timeout = 0`
        : IN_PLACE_SETTINGS,
    );
    return session;
  } catch (cause) {
    await session.close();
    throw cause;
  }
}

/** Limits of the present database, which somebody may just have set to stop writes, must not stop the restore. */
const IN_PLACE_SETTINGS = `
  SET default_transaction_read_only = off;
  SET idle_in_transaction_session_timeout = 0`;

async function openSession(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  row: Pick<RestoreRow, 'systemIdentifier' | 'presentOid'>,
  owner: { restoreId: number; epoch: number },
  connect: (application: string) => Promise<{ client: pg.Client; database: string }>,
): Promise<MaintenanceSession> {
  const application = await restoreApplication(ctx, owner);
  const { client, database } = await connect(application);
  const close = () => closeTarget(client);
  try {
    const identity = await readIdentity(client);
    requireServer(target, row, identity);
    const way = await findPooler(client, () =>
      openTarget(atDatabase(target, database), 'write', { applicationName: application }),
    );
    if (way.kind === 'shared')
      throw new BackstepError(
        'restore_failed',
        `Between Backstep and the server is a pooler that shares sessions (${way.why}). Point url of '${target.name}' at the server itself.`,
      );
    await client.query(
      identity.serverVersionNum >= 140_000
        ? SETTINGS
        : SETTINGS.replace(/\s+SET idle_session_timeout = 0;/, ''),
    );
    await requireOwner(ctx, owner);
    await endEarlierSessions(ctx, client, owner.restoreId);
    const { rows } = await client.query<{ taken: boolean }>(
      'SELECT pg_catalog.pg_try_advisory_lock($1, pg_catalog.hashtext($2)) AS taken',
      [SWAP_LOCK, String(row.presentOid)],
    );
    if (!rows[0]?.taken)
      throw new BackstepError(
        'restore_failed',
        `Another Backstep is at the databases of '${target.name}' right now. Wait until it has finished.`,
      );
    return { client, identity, database, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function connectBeside(
  target: TargetConfig,
  row: Pick<RestoreRow, 'presentDatabase' | 'newDatabase' | 'formerDatabase'>,
  applicationName: string,
): Promise<{ client: pg.Client; database: string }> {
  const moved = [row.presentDatabase, row.newDatabase, row.formerDatabase];
  const beside = MAINTENANCE.filter((name) => !moved.includes(name));
  let first: unknown;
  for (const database of beside) {
    try {
      const client = await openTarget(atDatabase(target, database), 'write', { applicationName });
      return { client, database };
    } catch (cause) {
      first ??= cause;
      if (!isAboutDatabase(cause)) throw cause;
    }
  }
  throw new BackstepError(
    'restore_failed',
    `Databases are renamed from another one, and the user of '${target.name}' can connect to none of ${beside.join(', ')}. Grant it CONNECT on the database postgres.`,
    { cause: first },
  );
}

/** The server answered, and said no to this very database. */
function isAboutDatabase(cause: unknown): boolean {
  const code = ((cause as Error).cause as { code?: unknown } | undefined)?.code;
  return code === '3D000' || code === '42501' || code === '28000' || code === '55000';
}

function requireServer(
  target: TargetConfig,
  { systemIdentifier }: Pick<RestoreRow, 'systemIdentifier'>,
  identity: DatabaseIdentity,
): void {
  if (identity.systemIdentifier !== systemIdentifier)
    throw new BackstepError(
      'restore_failed',
      `'${target.name}' leads to another server than the restore began on: system identifier ${identity.systemIdentifier}, not ${systemIdentifier}. Put url back.`,
    );
  if (identity.inRecovery)
    throw new BackstepError(
      'restore_failed',
      `'${target.name}' leads to a standby. Write the primary's address into the target's url.`,
    );
}

/** One that has stood still for long must not end the sessions of who took over. @throws RestoreLostError */
async function requireOwner(
  ctx: Pick<Ctx, 'db'>,
  { restoreId, epoch }: { restoreId: number; epoch: number },
): Promise<void> {
  const { restores } = tables;
  const mine = and(eq(restores.id, restoreId), eq(restores.epoch, epoch));
  if ((await ctx.db.$count(restores, mine)) !== 1) throw new RestoreLostError();
}

/** Only one owner at a time acts on the server: what is left of others is ended, and waited for. */
async function endEarlierSessions(
  ctx: Pick<Ctx, 'db'>,
  client: pg.Client,
  restoreId: number,
): Promise<void> {
  const prefix = restorePrefix(await installationId(ctx), restoreId);
  const until = performance.now() + ORPHAN_PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query(
      `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
        WHERE a.pid <> pg_catalog.pg_backend_pid()
          AND pg_catalog.starts_with(a.application_name, $1)`,
      [prefix],
    );
    if (rows.length === 0) return;
    if (performance.now() > until)
      throw new BackstepError(
        'restore_failed',
        'An earlier session of this restore has not ended on the server yet. Try again in a minute.',
      );
    await sleep(100);
  }
}
