import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { SQLSTATE, sqlstateOf } from '@/lib/target';
import { carryOver, type NotCarried } from './carry-over';
import {
  databaseByName,
  databaseByOid,
  type Move,
  placeOf,
  type ServerDatabase,
} from './databases';
import type { RestoreRecord } from './restore-record';
import {
  type DatabaseSession,
  type EndedSession,
  endSessions,
  keyOf,
  requireNoPrepared,
  requireNoRun,
  sessionsOf,
} from './sessions';

const { escapeIdentifier: id, escapeLiteral: text } = pg;

/** Whoever connected before the doors closed, and is still on the way in, is ended by the next attempt. */
const ATTEMPTS = 6;

export interface SwapParts {
  record: RestoreRecord;
  client: pg.Client;
  what: 'swap' | 'swap_back';
  move: Move;
  /**
   * What the incoming database needs: all that the outgoing one has beside its contents, or, where it was
   * only kept, its own default_transaction_read_only (null: it had none).
   */
  incomingGets: { carriedOver: true } | { readOnly: string | null };
  /** Told of every session that was ended, also where the swap then does not go through. */
  onEnd: (session: EndedSession) => void;
  /** Looks at the outgoing database when nobody else is in it any more; its own session `pid` stays until then. */
  lastLook?: { pid: number; look(): Promise<void> };
}

export interface Swapped {
  notCarried: NotCarried[];
}

/**
 * Moves the target's name from one database to the other. First nobody is let in any more; then who is
 * still in is ended; then one transaction renames both, carries over, and opens the doors: PostgreSQL
 * makes either all of it true or nothing, so that the name is never nobody's. What a failure or a crash
 * leaves is closed doors at the most, and settling opens them.
 * @throws BackstepError `restore_failed` when it was not done; a server error when nobody knows
 */
export async function swapNames(parts: SwapParts): Promise<Swapped> {
  const { record, client, what, move, onEnd, lastLook } = parts;
  const place = await placeOf(client, move);
  if (place.kind !== 'before' || !place.incoming || place.incoming.name !== move.incoming.called)
    throw new BackstepError('restore_failed', notReady(move, place.kind));
  const { outgoing, incoming } = place;
  requireOwned(outgoing, incoming);
  await requireFree(client, move.outgoing.becomes);
  await requireNoPrepared(client, outgoing.oid);
  await requireNoPrepared(client, incoming.oid);
  await requireNoRun(client, outgoing.oid);
  const there = new Set((await sessionsOf(client, outgoing.oid)).map(keyOf));
  const ended = new Set<string>();
  for (const database of [incoming, outgoing]) {
    await record.act(what, 'close_doors', database.name, () => setDoors(client, database, false));
  }
  // One that has begun in between; from here on nobody begins.
  await requireNoRun(client, outgoing.oid);
  let last: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await record.act(what, 'end_sessions', outgoing.name, async () => {
      const tell = (session: DatabaseSession) => {
        // One that rolls back for long is met again by the next attempt.
        if (ended.has(keyOf(session))) return;
        ended.add(keyOf(session));
        onEnd({ ...session, meanwhile: !there.has(keyOf(session)) });
      };
      const spared = attempt === 1 ? (lastLook?.pid ?? null) : null;
      for (const { oid } of [incoming, outgoing])
        await endSessions(client, oid, tell, undefined, spared);
    });
    if (attempt === 1) await lastLook?.look();
    try {
      const notCarried = await record.act(what, 'rename', wordsOf(move), () =>
        renameBoth(parts, outgoing, incoming),
      );
      return { notCarried };
    } catch (cause) {
      const code = sqlstateOf(cause);
      if (code !== SQLSTATE.objectInUse && code !== SQLSTATE.lockNotAvailable) throw cause;
      last = cause;
    }
  }
  throw new BackstepError(
    'restore_failed',
    `After ${ATTEMPTS} attempts somebody is still connected: ${(last as Error).message}. Nothing was renamed. Stop what connects, then try again.`,
    { cause: last },
  );
}

/** By name, as ALTER DATABASE wants it, after a look that the name still belongs to the database. */
export async function setDoors(
  client: pg.ClientBase,
  database: Pick<ServerDatabase, 'oid' | 'name'>,
  open: boolean,
): Promise<void> {
  const now = await databaseByOid(client, database.oid);
  if (now?.name !== database.name)
    throw new BackstepError(
      'restore_failed',
      `${database.name} is not the database any more that it was: somebody renames databases by hand.`,
    );
  if (now.open === open) return;
  await client.query(`ALTER DATABASE ${id(now.name)} ALLOW_CONNECTIONS ${open}`);
}

async function renameBoth(
  { client, move, incomingGets }: SwapParts,
  outgoing: ServerDatabase,
  incoming: ServerDatabase,
): Promise<NotCarried[]> {
  const former = id(move.outgoing.becomes);
  const target = id(move.name);
  await client.query('BEGIN');
  try {
    await client.query(`ALTER DATABASE ${target} RENAME TO ${former}`);
    await client.query(`ALTER DATABASE ${id(incoming.name)} RENAME TO ${target}`);
    // Both rows of pg_database are ours until the end: nobody else moves a name in between.
    if ((await placeOf(client, move)).kind !== 'after')
      throw new BackstepError('restore_failed', notReady(move, 'elsewhere'));
    const notCarried =
      'carriedOver' in incomingGets
        ? await carryOver(client, { ...outgoing, name: move.outgoing.becomes }, move.name)
        : await putBack(client, target, incomingGets.readOnly);
    await client.query(`ALTER DATABASE ${target} ALLOW_CONNECTIONS true`);
    // For reading and comparing; whoever means to write there has to say so in the session.
    await client.query(`ALTER DATABASE ${former} SET default_transaction_read_only TO on`);
    await client.query(`ALTER DATABASE ${former} ALLOW_CONNECTIONS true`);
    await client.query('COMMIT');
    return notCarried;
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw cause;
  }
}

async function putBack(
  client: pg.ClientBase,
  target: string,
  readOnly: string | null,
): Promise<NotCarried[]> {
  await client.query(
    readOnly === null
      ? `ALTER DATABASE ${target} RESET default_transaction_read_only`
      : `ALTER DATABASE ${target} SET default_transaction_read_only TO ${text(readOnly)}`,
  );
  return [];
}

/** Found out before anybody is put out for nothing. */
async function requireFree(client: pg.ClientBase, name: string): Promise<void> {
  const taken = await databaseByName(client, name);
  if (!taken) return;
  throw new BackstepError(
    'restore_failed',
    `The server already has a database called ${name} (object id ${taken.oid}), which is how the one that is swapped out would be called. Rename or drop it, then swap again. Nothing was done.`,
  );
}

function requireOwned(...databases: ServerDatabase[]): void {
  const foreign = databases.find(({ owned }) => !owned);
  if (foreign)
    throw new BackstepError(
      'restore_failed',
      `The role does not own the database ${foreign.name} (its owner is ${foreign.owner}), so it may not rename it. Use the owner's role in url, or grant it to this one.`,
    );
}

const wordsOf = (move: Move): string =>
  `${move.name} becomes ${move.outgoing.becomes}, ${move.incoming.called} becomes ${move.name}`;

function notReady(move: Move, found: string): string {
  if (found === 'after') return `${move.name} is already the database that was to get the name.`;
  return `The databases are not called ${move.name} and ${move.incoming.called} any more, as they were. Somebody has renamed or dropped one by hand; nothing was done.`;
}
