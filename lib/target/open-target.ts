import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import {
  type ConnectionPurpose,
  isConnectionFault,
  targetUnreachable,
  urlFor,
} from './connection-fault';

/** A server that answers at all answers within this; longer only makes the page wait. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Everything that is read is small. What takes longer waits for a lock or hangs. */
const READ_STATEMENT_TIMEOUT_MS = 10_000;
/** A reader queued behind an ALTER TABLE would itself be in the way of the next one. */
const READ_LOCK_TIMEOUT_MS = 3_000;
/** The server ends a reader that we lost, and its snapshot with it. */
const READ_IDLE_IN_TRANSACTION_MS = 30_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
/** How long a goodbye may take before the socket is dropped: a dead peer never confirms it. */
const CLOSE_TIMEOUT_MS = 1_000;

type Addressed = Pick<TargetConfig, 'name' | 'url' | 'readUrl'>;

interface OpenOptions {
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  /** How long the connection may take to be made, and the first answer on it. */
  connectMs?: number;
}

/**
 * Connects to a target. 'read': with `read_url`, read-only, with short timeouts and nothing but
 * pg_catalog on the search path, so that every name has to be qualified. 'write': with `url` and the
 * server's own settings, but for its patience with a silent client; the run sets search path and
 * timeouts for every step. The caller closes it with `closeTarget`.
 * @throws BackstepError `target_unreachable`
 */
export async function openTarget(
  target: Addressed,
  purpose: ConnectionPurpose,
  options: OpenOptions = {},
): Promise<pg.Client> {
  const connectMs = options.connectMs ?? CONNECT_TIMEOUT_MS;
  let client: pg.Client | undefined;
  try {
    const url = new URL(urlFor(target, purpose));
    // pg lets the connection string win over its own options, so the name is set there.
    url.searchParams.set('application_name', options.applicationName ?? `backstep ${purpose}`);
    client = new pg.Client({
      connectionString: url.href,
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    });
    // A connection that dies while idle must not end the process; the next query reports it.
    client.on('error', () => undefined);
    await client.connect();
    // SET instead of start-up options: poolers refuse those, and one round trip is all it takes.
    const settings = purpose === 'read' ? READ_SETTINGS : WRITE_SETTINGS;
    await inTime(client, client.query(settings), connectMs);
    return client;
  } catch (error) {
    if (client) await closeTarget(client);
    throw targetUnreachable(target, purpose, error);
  }
}

const READ_SETTINGS = `
  SET default_transaction_read_only = on;
  SET statement_timeout = ${READ_STATEMENT_TIMEOUT_MS};
  SET lock_timeout = ${READ_LOCK_TIMEOUT_MS};
  SET idle_in_transaction_session_timeout = ${READ_IDLE_IN_TRANSACTION_MS};
  SET search_path = pg_catalog`;

/**
 * The server notices within some 15 s that we are gone, and lets go of our locks. On a Unix socket
 * these do nothing, and need not.
 */
const WRITE_SETTINGS = `
  SET tcp_keepalives_idle = 5;
  SET tcp_keepalives_interval = 3;
  SET tcp_keepalives_count = 3;
  SET tcp_user_timeout = 15000`;

/** A pooler may have let us in without a server behind it, and keep the first question waiting. */
async function inTime(client: pg.Client, work: Promise<unknown>, limitMs: number): Promise<void> {
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    client.connection.stream.destroy();
  }, limitMs);
  try {
    await work;
  } catch (error) {
    throw expired ? new Error('timeout expired') : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Ends a connection without ever waiting for a peer that is gone. Does not throw. */
export async function closeTarget(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      client.connection.stream.destroy();
      resolve();
    }, CLOSE_TIMEOUT_MS);
  });
  await Promise.race([client.end().catch(() => undefined), late]);
  clearTimeout(timer);
}

/**
 * Opens a target, hands it to `work` and closes it whatever happens.
 * @param options.timeLimitMs cuts the connection when `work` has not finished by then
 * @throws BackstepError `target_unreachable` when the connection can't be made or breaks; else
 *   whatever `work` throws
 */
export async function withTarget<T>(
  target: Addressed,
  purpose: ConnectionPurpose,
  work: (client: pg.Client) => Promise<T>,
  options: OpenOptions & { timeLimitMs?: number } = {},
): Promise<T> {
  const client = await openTarget(target, purpose, options);
  const limit = options.timeLimitMs;
  let expired = false;
  const timer =
    limit === undefined
      ? undefined
      : setTimeout(() => {
          expired = true;
          client.connection.stream.destroy();
        }, limit);
  try {
    return await work(client);
  } catch (error) {
    if (expired) throw targetUnreachable(target, purpose, new Error('timeout expired'));
    if (!(error instanceof BackstepError) && isConnectionFault(error))
      throw targetUnreachable(target, purpose, error);
    throw error;
  } finally {
    clearTimeout(timer);
    await closeTarget(client);
  }
}
