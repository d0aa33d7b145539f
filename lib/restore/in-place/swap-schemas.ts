import { eq } from 'drizzle-orm';
import pg from 'pg';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { backupLabel, type Ctx, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { type MovedSchema, markerSchema } from '@/lib/core/restore';
import { readFence, readTracking, SQLSTATE, sqlstateOf } from '@/lib/target';
import { lookOnceMore, raiseOrKeepFence, refreshEvidence } from '../conclude';
import type { MaintenanceSession } from '../maintenance';
import type { RestoreFacts } from '../restore-facts';
import type { RestoreRecord } from '../restore-record';
import {
  type DatabaseSession,
  type EndedSession,
  endSessionsOnce,
  keyOf,
  namesOf,
  requireNoPrepared,
  requireNoRun,
  sessionsOf,
} from '../sessions';
import { digestOfSchemas } from './digest';
import { examineInPlace } from './examine';
import { placeOfSchemas } from './namespaces';
import { type Direction, incoming, moveSql, outgoing } from './schema-moves';
import { measureAgain } from './verify-copy';

export interface SwapDeps {
  /** Reads every byte of a backup, and says whether it is whole and of this very database. */
  confirmBackup(
    ctx: Ctx,
    input: { backup: { id: number }; identity: { systemIdentifier: string; name: string } },
  ): Promise<{ ok: true } | { ok: false; reason: string }>;
}

/** Who comes in between takes a lock again; the next attempt ends it. */
const ATTEMPTS = 6;
/** Everybody else waits behind our request for as long. */
const LOCK_WAIT = '3s';
/** Of a statement that does something: the longest reads the schema. */
const STATEMENT_LIMIT = '60s';

/**
 * Gives the true names of the schemas to the other set: in one transaction that first locks every table,
 * so that nobody is in the middle of anything, and looks at all that was approved once more.
 * @param deps.onEnd told of every session that was ended, also where the swap then does not go through
 * @throws BackstepError `restore_failed` when it was not done; a server error when nobody knows
 */
export async function swapSchemas(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  session: MaintenanceSession,
  deps: SwapDeps & { onEnd(ended: EndedSession): void },
): Promise<void> {
  const { row } = facts;
  const { client } = session;
  const what = row.status === 'swapping_back' ? 'swap_back' : 'swap';
  const schemas = row.schemas ?? [];
  const place = await placeOfSchemas(client, schemas, what);
  if (place.kind === 'elsewhere') throw new BackstepError('restore_failed', place.message);
  if (place.kind === 'after')
    throw new BackstepError('restore_failed', 'The schemas have their names already.');
  await requireFree(client, schemas, what);
  const { moving, extensions } = await examineInPlace(client);
  if (moving.length > 0) throw new BackstepError('restore_failed', moving.join(' '));
  let safety: SafetyBackup | undefined;
  if (what === 'swap') {
    const changed = await refreshEvidence(record, facts, async () => {
      const evidence = await measureAgain(ctx, facts, client, record.label);
      return { evidence, digest: digestOfSchemas(facts, evidence) };
    });
    if (changed) throw new BackstepError('restore_failed', changed);
    safety = await requireSafetyBackup(ctx, facts, client, deps);
  }
  await requireNoPrepared(client, row.presentOid);
  const there = new Set((await sessionsOf(client, row.presentOid)).map(keyOf));
  const ended = new Set<string>();
  const tell = (one: DatabaseSession) => {
    if (ended.has(keyOf(one))) return;
    ended.add(keyOf(one));
    deps.onEnd({ ...one, meanwhile: !there.has(keyOf(one)) });
  };
  let last: unknown;
  let stubborn: DatabaseSession[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await requireNoRun(client, row.presentOid);
    stubborn = await record.act(what, 'end_sessions', row.presentDatabase, () =>
      endSessionsOnce(client, row.presentOid, tell),
    );
    try {
      await record.act(what, 'rename', wordsOf(schemas, what), () =>
        moveAll(facts, client, { schemas, what, extensions, safety }),
      );
      return;
    } catch (cause) {
      const code = sqlstateOf(cause);
      if (code !== SQLSTATE.lockNotAvailable && code !== SQLSTATE.deadlockDetected) throw cause;
      last = cause;
    }
  }
  const who =
    stubborn.length > 0
      ? ` The role may not end these sessions: ${namesOf(stubborn)}. Grant it pg_signal_backend, or stop what they belong to.`
      : ' Stop what connects.';
  throw new BackstepError(
    'restore_failed',
    `After ${ATTEMPTS} attempts a table is still in use: ${(last as Error).message}. Nothing was renamed.${who} Then try again.`,
    { cause: last },
  );
}

interface Moving {
  schemas: readonly MovedSchema[];
  what: Direction;
  extensions: readonly { name: string; schema: string }[];
  /** What the present state is backed up by; undefined for a swap back. */
  safety: SafetyBackup | undefined;
}

const RELATIONS = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.oid = ANY ($1::int8[]::oid[]) AND c.relkind IN ('r', 'p') ORDER BY c.oid`;

/** One transaction: the server has done all of it or nothing, whoever dies when. */
async function moveAll(facts: RestoreFacts, client: pg.Client, moving: Moving): Promise<void> {
  const { schemas, what, extensions, safety } = moving;
  const { tracking } = facts.target;
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    // A role may come with a shorter one of its own, which would end the swap in the middle.
    await client.query(
      `SET LOCAL lock_timeout = '${LOCK_WAIT}'; SET LOCAL statement_timeout = '${STATEMENT_LIMIT}'`,
    );
    const { rows } = await client.query<{ name: string }>(RELATIONS, [
      outgoing(schemas, what).map(({ oid }) => oid),
    ]);
    for (const { name } of rows)
      await client.query(`LOCK TABLE ONLY ${name} IN ACCESS EXCLUSIVE MODE`);
    if (what === 'swap') await lookOnceMore(client, facts);
    // Somebody may have migrated by hand while sessions were ended and locks waited for.
    if (safety) requireReliable(safety, await outdated(client, safety.manifest, facts.target));
    const fence = what === 'swap' ? await readFence(client, tracking) : null;
    for (const sql of moveSql(schemas, what, extensions)) await client.query(sql);
    if ((await placeOfSchemas(client, schemas, what)).kind !== 'after')
      throw new BackstepError(
        'restore_failed',
        'Somebody renames schemas by hand. Nothing was done.',
      );
    if (what === 'swap') {
      await requireAsApproved(client, facts);
      await raiseOrKeepFence(client, facts, fence);
      // They are in use from here on: the record says which they are.
      await client.query(
        `DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(markerSchema(facts.row))} RESTRICT`,
      );
    }
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw cause;
  }
}

/** Its rows are those that were counted; that nobody has changed its tables is seen here. */
async function requireAsApproved(client: pg.Client, { row, target }: RestoreFacts): Promise<void> {
  const found = fingerprint(await snapshotCatalog(client, { tracking: target.tracking }));
  if (found === row.evidence?.inPlace?.fingerprint) return;
  throw new BackstepError(
    'restore_failed',
    'The restored schemas, or what belongs to the database around them, have been changed since they were verified. Nothing was renamed. Cancel this restore and create a new one.',
  );
}

/** Found out before anybody is put out for nothing. */
async function requireFree(
  client: pg.ClientBase,
  schemas: readonly MovedSchema[],
  what: Direction,
): Promise<void> {
  const leaving = outgoing(schemas, what);
  const own = new Set([...leaving, ...incoming(schemas, what)].map(({ oid }) => oid));
  const wanted = [
    ...leaving.map(({ becomes }) => becomes),
    ...incoming(schemas, what).map(({ name }) => name),
  ];
  const { rows } = await client.query<{ name: string; oid: string }>(
    'SELECT n.nspname AS name, n.oid::int8 AS oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::text[])',
    [wanted],
  );
  const taken = rows.find(({ oid }) => !own.has(Number(oid)));
  if (!taken) return;
  throw new BackstepError(
    'restore_failed',
    `The database already has a schema called ${taken.name} (object id ${taken.oid}) that this restore knows nothing of, and the name is needed. Rename or drop it, then swap again. Nothing was done.`,
  );
}

type SafetyBackup = Pick<typeof tables.backups.$inferSelect, 'id' | 'manifest'>;

/**
 * The backup of the present state: every byte is read, and it must be of the schema and the migrations
 * that are to be set aside.
 */
async function requireSafetyBackup(
  ctx: Ctx,
  { row, target }: RestoreFacts,
  client: pg.Client,
  { confirmBackup }: SwapDeps,
): Promise<SafetyBackup> {
  const [safety] =
    row.safetyBackupId === null
      ? []
      : await ctx.db.select().from(tables.backups).where(eq(tables.backups.id, row.safetyBackupId));
  if (!safety)
    throw new BackstepError('restore_failed', 'There is no backup of the present state. Take one.');
  const identity = { systemIdentifier: row.systemIdentifier, name: row.presentDatabase };
  const confirmed = await confirmBackup(ctx, { backup: safety, identity });
  requireReliable(
    safety,
    confirmed.ok ? await outdated(client, safety.manifest, target) : confirmed.reason,
  );
  return safety;
}

function requireReliable({ id }: SafetyBackup, problem: string | null): void {
  if (problem === null) return;
  throw new BackstepError(
    'restore_failed',
    `${backupLabel(id)}, the backup of the present state, can’t be relied on: ${problem} Nothing was done. Take another, then swap again.`,
  );
}

/** Null also for one that can't be read: the policy takes somebody's word for it. */
async function outdated(
  client: pg.Client,
  manifest: { trackingRows: number; schemaFingerprint: string } | null,
  { tracking }: RestoreFacts['target'],
): Promise<string | null> {
  if (!manifest) return null;
  const rows = await readTracking(client, tracking);
  const found = fingerprint(await snapshotCatalog(client, { tracking }));
  return rows.length === manifest.trackingRows && found === manifest.schemaFingerprint
    ? null
    : 'the database was migrated or changed since.';
}

const wordsOf = (schemas: readonly MovedSchema[], what: Direction): string =>
  [
    ...outgoing(schemas, what).map(({ name, becomes }) => `${name} becomes ${becomes}`),
    ...incoming(schemas, what).map(({ name, called }) => `${called} becomes ${name}`),
  ].join(', ');
