import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { addressOf, closeTarget, redact, SQLSTATE, sqlstateOf } from '@/lib/target';

const CONNECT_TIMEOUT_MS = 5_000;

/** A database on the scratch server, for one piece of work. */
export interface ScratchDatabase {
  name: string;
  /** With the scratch server's password in it: not for messages. */
  url: string;
  connect(): Promise<pg.Client>;
  /** A role that was made in it: roles outlive databases, so it goes with this one. */
  ownRole(name: string): void;
  /** Drops it and ends every session in it. */
  drop(): Promise<void>;
}

export interface ScratchRequest {
  /** Any database of the scratch server, with a role that may create others. */
  scratchUrl: string;
  /** What a crash left under this name is dropped first. */
  name: string;
  /** Of the target: catalogs are only comparable within one major version. Left out: any will do. */
  serverVersionNum?: number;
  /** A database of the scratch server to copy; nobody may be connected to it. Left out: empty. */
  template?: string;
}

/**
 * Makes a database on the scratch server.
 * @throws BackstepError `rehearsal_failed` with a remedy
 */
export async function createScratchDatabase(request: ScratchRequest): Promise<ScratchDatabase> {
  const { scratchUrl, name, serverVersionNum, template } = request;
  await onScratchServer(scratchUrl, async (admin) => {
    if (serverVersionNum !== undefined) await requireSameMajor(admin, serverVersionNum);
    await admin.query(dropDatabaseSql(name));
    try {
      // The C locale is the one that every server has and that goes with every encoding.
      const like = template
        ? `TEMPLATE ${pg.escapeIdentifier(template)}`
        : "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'";
      await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} ${like}`);
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
  const roles = new Set<string>();
  return {
    name,
    url: url.href,
    connect: () => connectScratch(url.href),
    ownRole: (role) => roles.add(role),
    drop: () => {
      dropped ??= onScratchServer(scratchUrl, async (admin) => {
        await admin.query(dropDatabaseSql(name));
        // One that another database needs stays: it is not this one's alone.
        for (const role of roles) {
          await admin
            .query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(role)}`)
            .catch(() => undefined);
        }
      });
      return dropped;
    },
  };
}

export const dropDatabaseSql = (name: string): string =>
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
    `The scratch server is PostgreSQL ${found}, and the target is PostgreSQL ${wanted}: their schemas can’t be compared. Set SCRATCH_DATABASE_URL to a server of version ${wanted}, restart Backstep, then try again.`,
  );
}

/**
 * Does some work in the scratch server's own database.
 * @throws BackstepError `rehearsal_failed` when the server can't be reached; whatever `work` throws
 */
export async function onScratchServer<T>(
  scratchUrl: string,
  work: (admin: pg.Client) => Promise<T>,
): Promise<T> {
  let admin: pg.Client;
  try {
    admin = await connectScratch(scratchUrl);
  } catch (error) {
    const why = redact(error instanceof Error ? error.message : String(error), [scratchUrl]);
    throw new BackstepError(
      'rehearsal_failed',
      `The scratch server at ${addressOf(scratchUrl)} can’t be reached: ${why || 'no reason was given'}. Check that it runs and that SCRATCH_DATABASE_URL is right, then try again.`,
      { cause: new Error(why) },
    );
  }
  try {
    return await work(admin);
  } finally {
    await closeTarget(admin);
  }
}

/** A session on the scratch server; `closeTarget` ends it. */
export async function connectScratch(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'backstep scratch',
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
