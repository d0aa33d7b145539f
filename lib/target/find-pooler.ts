import type pg from 'pg';
import { closeTarget } from './open-target';
import { sqlstateOf } from './sqlstate';

/** What stands between us and the server. */
export type Way =
  | { kind: 'direct'; pid: number }
  /** A proxy that gives each connection a server session of its own. */
  | { kind: 'session'; pid: number }
  /** A proxy from which the connection gets one server session or another. */
  | { kind: 'shared'; why: string };

/** A pooler that runs as several processes has a pool in each; some of these share one with us. */
const RIVALS = 3;
/** A server session that is free answers at once; one that is not makes us wait for it. */
const SERVED_WITHIN_MS = 1_000;

const SEEN_SQL = `
  SELECT pg_catalog.pg_backend_pid() AS pid,
         pg_catalog.current_setting('backstep.probe', true) AS mark`;

interface Seen {
  pid: number;
  mark: string | null;
}

/** One connection of the test, the server session it was given first, and its mark there. */
interface Dancer {
  client: pg.Client;
  first: number;
  mark: string;
}

/**
 * Finds out whether a connection keeps its server session from one transaction to the next, which a
 * session lock, a cancel by process number and a session's settings all rest on.
 *
 * A server tells each client the number of its process. Where that is the number that the session
 * itself knows, the two talk directly, or through something that only passes bytes on. Every other
 * answer is a pooler's. Then several connections take turns at transactions: where one of them is
 * moved to another server session, finds one that was another's, or has lost its mark, sessions are
 * shared.
 * @param client not in a transaction; it is left as it was
 * @param open makes another connection in the same way; these are closed again
 * @throws when `client` breaks
 */
export async function findPooler(client: pg.Client, open: () => Promise<pg.Client>): Promise<Way> {
  const { pid } = await see(client);
  if (processOf(client) === pid) return { kind: 'direct', pid };
  const opened = (await Promise.allSettled(Array.from({ length: RIVALS }, open))).flatMap(
    (result) => (result.status === 'fulfilled' ? [result.value] : []),
  );
  try {
    const dancers = await arrive(client, opened);
    if (dancers.length < 2)
      return {
        kind: 'shared',
        why: 'it serves no second connection, so it can’t be seen whether sessions are kept apart',
      };
    const why = sharedAtArrival(dancers) ?? (await dance(dancers));
    return why === null ? { kind: 'session', pid } : { kind: 'shared', why };
  } finally {
    await Promise.all(opened.map(closeTarget));
    await client.query('RESET backstep.probe').catch(() => undefined);
  }
}

/** What the server told the client at its start: BackendKeyData. A proxy may invent it or leave it out. */
function processOf(client: pg.Client): number | null {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : null;
}

async function see(client: pg.Client): Promise<Seen> {
  const { rows } = await client.query<Seen>(SEEN_SQL);
  const [row] = rows;
  if (!row) throw new Error('the server did not tell its process');
  return row;
}

/** Each one leaves its mark. Who is not served has no part in it: a session pool may be full. */
async function arrive(client: pg.Client, rivals: readonly pg.Client[]): Promise<Dancer[]> {
  const dancers: Dancer[] = [];
  for (const [index, candidate] of [client, ...rivals].entries()) {
    const mark = `${process.pid}-${index}`;
    const marked = candidate.query<{ pid: number }>(
      "SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.set_config('backstep.probe', $1, false)",
      [mark],
    );
    const served = await within(marked);
    if (served === 'late') continue;
    const first = served.rows[0]?.pid;
    if (first !== undefined) dancers.push({ client: candidate, first, mark });
  }
  return dancers;
}

function sharedAtArrival(dancers: readonly Dancer[]): string | null {
  const seen = new Set<number>();
  for (const { first } of dancers) {
    if (seen.has(first)) return `two connections were given the same server process ${first}`;
    seen.add(first);
  }
  return null;
}

/**
 * Everybody leads once: it begins a transaction, the others ask, it ends the transaction, and all ask
 * again. A pool that hands out the last session returned, and one that goes round, both move somebody.
 * @returns how it was seen; null when everybody kept its session
 */
async function dance(dancers: readonly Dancer[]): Promise<string | null> {
  for (const leader of dancers) {
    const others = dancers.filter((dancer) => dancer !== leader);
    try {
      await leader.client.query('BEGIN');
    } catch (cause) {
      // In statement pooling, this is answered with a refusal and the connection is closed.
      if (sqlstateOf(cause) === undefined) throw cause;
      return `it lets nobody begin a transaction (${(cause as Error).message})`;
    }
    const moved = (await whatMoved(leader)) ?? (await firstOf(others, duringLead));
    await leader.client.query('COMMIT');
    if (moved !== null) return moved;
    for (let round = 0; round < 2; round++) {
      const later = await firstOf([...others, leader], whatMoved);
      if (later !== null) return later;
    }
  }
  return null;
}

async function duringLead(dancer: Dancer): Promise<string | null> {
  const seen = await within(whatMoved(dancer));
  return seen === 'late'
    ? 'a second connection is not served while the first is in a transaction'
    : seen;
}

async function whatMoved({ client, first, mark }: Dancer): Promise<string | null> {
  const now = await see(client);
  if (now.pid !== first)
    return `one connection was moved from server process ${first} to ${now.pid}`;
  return now.mark === mark ? null : 'a setting of the session was lost between two transactions';
}

async function firstOf(
  dancers: readonly Dancer[],
  ask: (dancer: Dancer) => Promise<string | null>,
): Promise<string | null> {
  for (const dancer of dancers) {
    const answer = await ask(dancer);
    if (answer !== null) return answer;
  }
  return null;
}

async function within<T>(work: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  work.catch(() => undefined);
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), SERVED_WITHIN_MS);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
