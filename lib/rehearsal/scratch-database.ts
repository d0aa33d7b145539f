import { inArray } from 'drizzle-orm';
import pg from 'pg';
import { type Ctx, tables } from '@/lib/control';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { addressOf, closeTarget, redact, SQLSTATE, sqlstateOf } from '@/lib/target';

const CONNECT_TIMEOUT_MS = 5_000;

/** An empty database on the scratch server, for one rehearsal. */
export interface ScratchDatabase {
  name: string;
  connect(): Promise<pg.Client>;
  /** Drops it and ends every session in it. */
  drop(): Promise<void>;
}

/**
 * Makes the rehearsal's database. What a crash left under its name is dropped first.
 * @param serverVersionNum of the target: catalogs are only comparable within one major version
 * @throws BackstepError `rehearsal_failed` with a remedy
 */
export async function createScratchDatabase(
  ctx: Pick<Ctx, 'db'>,
  scratchUrl: string,
  rehearsalId: number,
  serverVersionNum: number,
): Promise<ScratchDatabase> {
  const name = `${await namePrefix(ctx)}${rehearsalId}`;
  await onScratchServer(scratchUrl, async (admin) => {
    await requireSameMajor(admin, serverVersionNum);
    await admin.query(dropSql(name));
    try {
      // The C locale is the one that every server has and that goes with every encoding.
      await admin.query(
        `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
      );
    } catch (error) {
      if (sqlstateOf(error) !== SQLSTATE.insufficientPrivilege) throw error;
      throw new BackstepError(
        'rehearsal_failed',
        'The scratch server’s role may not create databases. Give it CREATEDB, or set SCRATCH_DATABASE_URL to a role that has it.',
        { cause: error },
      );
    }
  });
  const url = new URL(scratchUrl);
  url.pathname = `/${name}`;
  let dropped: Promise<void> | undefined;
  return {
    name,
    connect: () => connect(url.href),
    drop: () => {
      dropped ??= onScratchServer(scratchUrl, async (admin) => {
        await admin.query(dropSql(name));
      });
      return dropped;
    },
  };
}

/**
 * Drops the databases that crashed rehearsals have left; those of rehearsals that are going on stay.
 * @returns the names of the dropped ones
 */
export async function dropOrphanedScratch(
  ctx: Pick<Ctx, 'db'>,
  scratchUrl: string,
): Promise<string[]> {
  const { rehearsals } = tables;
  const prefix = await namePrefix(ctx);
  return onScratchServer(scratchUrl, async (admin) => {
    const { rows } = await admin.query<{ name: string }>(
      'SELECT datname AS name FROM pg_catalog.pg_database WHERE starts_with(datname, $1) ORDER BY datname',
      [prefix],
    );
    // Asked after the listing: a database is made when its rehearsal is running already, so that one
    // that begins in between is never taken for an orphan.
    const going = await ctx.db
      .select({ id: rehearsals.id })
      .from(rehearsals)
      .where(inArray(rehearsals.state, ['queued', 'running']));
    const keep = new Set(going.map(({ id }) => `${prefix}${id}`));
    const orphans = rows.map((row) => row.name).filter((name) => !keep.has(name));
    for (const name of orphans) await admin.query(dropSql(name));
    return orphans;
  });
}

/**
 * `backstep_rehearsal_<installation>_`: two installations may share a scratch server, and each has a
 * rehearsal number 1. The installation is known by its control database.
 */
async function namePrefix(ctx: Pick<Ctx, 'db'>): Promise<string> {
  const { rows } = await ctx.db.execute<{ identity: string }>(
    `SELECT system_identifier || '/' || d.oid AS identity
       FROM pg_catalog.pg_control_system(), pg_catalog.pg_database d
      WHERE d.datname = pg_catalog.current_database()`,
  );
  const identity = rows[0]?.identity;
  if (!identity) throw new Error('the control database did not tell its identity');
  return `backstep_rehearsal_${sha256Hex(identity).slice(0, 8)}_`;
}

const dropSql = (name: string): string =>
  `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`;

async function requireSameMajor(admin: pg.Client, serverVersionNum: number): Promise<void> {
  const { rows } = await admin.query<{ num: number }>(
    "SELECT pg_catalog.current_setting('server_version_num')::int AS num",
  );
  const found = Math.floor((rows[0]?.num ?? 0) / 10_000);
  const wanted = Math.floor(serverVersionNum / 10_000);
  if (found === wanted) return;
  throw new BackstepError(
    'rehearsal_failed',
    `The scratch server is PostgreSQL ${found}, and the target is PostgreSQL ${wanted}: their schemas can’t be compared. Set SCRATCH_DATABASE_URL to a server of version ${wanted}, restart Backstep, then rehearse again.`,
  );
}

async function onScratchServer<T>(
  scratchUrl: string,
  work: (admin: pg.Client) => Promise<T>,
): Promise<T> {
  let admin: pg.Client;
  try {
    admin = await connect(scratchUrl);
  } catch (error) {
    const why = redact(error instanceof Error ? error.message : String(error), [scratchUrl]);
    throw new BackstepError(
      'rehearsal_failed',
      `The scratch server at ${addressOf(scratchUrl)} can’t be reached: ${why || 'no reason was given'}. Check that it runs and that SCRATCH_DATABASE_URL is right, then rehearse again.`,
      { cause: new Error(why) },
    );
  }
  try {
    return await work(admin);
  } finally {
    await closeTarget(admin);
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'backstep rehearsal',
  });
  // Dropping the database ends its sessions on purpose; the next query reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await closeTarget(client);
    throw error;
  }
  return client;
}
