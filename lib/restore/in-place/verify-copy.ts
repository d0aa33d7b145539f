import type pg from 'pg';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { Ctx } from '@/lib/control';
import type { CatalogKind } from '@/lib/core/catalog';
import { BackstepError } from '@/lib/core/errors';
import type { MovedSchema, RestoreEvidence } from '@/lib/core/restore';
import { type DumpedSchema, verifyRestored } from '@/lib/restored';
import { concludeEvidence, manifestOf } from '../conclude';
import type { RestoreFacts } from '../restore-facts';
import { examineInPlace, type FollowingExtension } from './examine';
import { moveSql } from './schema-moves';

/** Of the database and not of a schema: a restore in place leaves them as they are. */
const UNTOUCHED: ReadonlySet<CatalogKind> = new Set([
  'extension',
  'publication',
  'event_trigger',
  'cast',
  'transform',
  'language',
  'foreign_server',
  'access_method',
  'security_label',
  'default_acl',
]);

/**
 * Does with the copy under its true names what `work` wants to, and takes the names back: nothing of it
 * is ever seen, and the present schemas stand in nobody's way.
 */
export async function underTrueNames<T>(
  client: pg.Client,
  schemas: readonly MovedSchema[],
  extensions: readonly FollowingExtension[],
  work: () => Promise<T>,
): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    await client.query('SET LOCAL statement_timeout = 0');
    for (const sql of moveSql(schemas, 'swap', extensions)) await client.query(sql);
    return await work();
  } finally {
    // A broken connection is rolled back by the server.
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/**
 * Compares the restored schemas with what the backup says, measures what going back loses, and finds out
 * what comes with it: everything that people decide on.
 * @param input.client on the target's database, in no transaction
 * @throws BackstepError `restore_failed` when the copy is not what the backup says
 */
export function verifyCopy(
  ctx: Pick<Ctx, 'db'>,
  facts: RestoreFacts,
  input: {
    client: pg.Client;
    schemas: readonly MovedSchema[];
    extensions: readonly FollowingExtension[];
    dumped: DumpedSchema | null;
    restoreMs: number;
    label: string;
    signal: AbortSignal;
    progress(progress: { phase: string; done: number; total: number }): void;
  },
): Promise<RestoreEvidence> {
  const { client, schemas, extensions, dumped, restoreMs, label, signal, progress } = input;
  const { tracking } = facts.target;
  return underTrueNames(client, schemas, extensions, async () => {
    const { check } = await verifyRestored(client, {
      connect: null,
      jobs: 1,
      manifest: manifestOf(facts),
      dumped,
      tracking,
      untouched: UNTOUCHED,
      restoreMs,
      signal,
      onProgress: (phase, done, total) => progress({ phase, done, total }),
    });
    if (!check.ok) throw new BackstepError('restore_failed', check.message);
    const bytes = await bytesOf(client, schemas);
    progress({ phase: 'Measuring what would be lost', done: 0, total: 0 });
    const found = fingerprint(await snapshotCatalog(client, { tracking }));
    const { remarks } = await examineInPlace(client);
    const inPlace = { fingerprint: found, untouched: [...check.remarks, ...remarks] };
    const evidence = await concludeEvidence(
      ctx,
      facts,
      client,
      { check: { ...check, bytes }, notCarried: [] },
      label,
    );
    return { ...evidence, inPlace };
  });
}

/** What the copy takes: the database itself has the present tables as well. */
async function bytesOf(client: pg.ClientBase, schemas: readonly MovedSchema[]): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)), 0)::text AS bytes
       FROM pg_catalog.pg_class c
      WHERE c.relnamespace = ANY ($1::int8[]::oid[]) AND c.relkind IN ('r', 'm')`,
    [schemas.flatMap(({ newOid }) => newOid ?? [])],
  );
  return Number(rows[0]?.bytes ?? 0);
}

/** What would be lost, measured again: somebody has migrated since. The copy is the one that was verified. */
export async function measureAgain(
  ctx: Pick<Ctx, 'db'>,
  facts: RestoreFacts,
  client: pg.Client,
  label: string,
): Promise<RestoreEvidence> {
  const { evidence, schemas } = facts.row;
  if (!evidence?.inPlace || !schemas) throw new Error('a swap in place needs restored schemas');
  const { inPlace } = evidence;
  const { extensions } = await examineInPlace(client);
  return underTrueNames(client, schemas, extensions, async () => {
    const again = await concludeEvidence(ctx, facts, client, evidence, label);
    return { ...again, inPlace };
  });
}
