import path from 'node:path';
import pg from 'pg';
import { type Ctx, installationId } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import {
  type MovedSchema,
  markerSchema,
  movedSchemas,
  type RestoreEvidence,
} from '@/lib/core/restore';
import { type DumpedSchema, readSchemaFile } from '@/lib/restored';
import { markOf } from '../create-copy';
import { type MaintenanceSession, openInPlace, restoreApplication } from '../maintenance';
import type { RestoreDeps } from '../perform-restore';
import type { RestoreFacts } from '../restore-facts';
import type { RestoreRecord } from '../restore-record';
import { listEntries } from '../run-pg-restore';
import { defaultRightsSql, plainPublicSql } from './default-rights';
import { dropSchemaCopy } from './drop-schemas';
import { entriesInPlace, schemasOf } from './dump-entries';
import { type Examination, examineInPlace } from './examine';
import { namespaceByName } from './namespaces';
import { runRestoreScript } from './run-script';
import { followSql, markSql, putBackSql, setAsideSql } from './schema-moves';
import { verifyCopy } from './verify-copy';

export interface RestoredSchemas {
  schemas: MovedSchema[];
  evidence: RestoreEvidence;
}

export type Progress = (progress: { phase: string; done: number; total: number }) => void;

/**
 * Restores a backup into schemas beside the present ones, in one transaction, and compares them with what
 * the backup says. Clients read and write the present ones all the while.
 * @param folder of the dump, decrypted
 * @throws BackstepError `restore_failed`; RestoreLostError; the signal's reason
 */
export async function restoreSchemas(
  ctx: Ctx,
  record: RestoreRecord,
  facts: RestoreFacts,
  deps: RestoreDeps,
  folder: string,
  progress: Progress,
): Promise<RestoredSchemas> {
  const { row, target } = facts;
  const session = await openInPlace(ctx, target, row, record.owner);
  try {
    const { client } = session;
    await requirePresent(client, facts);
    const dumped = await readSchemaFile(folder);
    await dropLeftover(record, client, facts);
    const examined = await examineInPlace(client);
    if (examined.problems.length > 0)
      throw new BackstepError('restore_failed', examined.problems.join(' '));
    const planned = await planOf(client, facts, dumped, examined);
    await requireFree(client, planned.schemas, markerSchema(row));
    await record.patch({ schemas: planned.schemas, newDroppedAt: null });
    const started = performance.now();
    await record.act('restore', 'restore_schemas', planned.inBackup.join(', '), () =>
      restoreInto(ctx, record, facts, { deps, folder, session, examined, progress, ...planned }),
    );
    const restoreMs = Math.round(performance.now() - started);
    const schemas = await withOids(client, planned.schemas, planned.inBackup);
    await record.patch({ schemas });
    progress({ phase: 'Gathering statistics', done: 0, total: 0 });
    await analyze(client, schemas);
    deps.signal.throwIfAborted();
    const evidence = await verifyCopy(ctx, facts, {
      client,
      schemas,
      extensions: examined.extensions,
      dumped,
      restoreMs,
      label: record.label,
      signal: deps.signal,
      progress,
    });
    return { schemas, evidence };
  } finally {
    await session.close();
  }
}

interface Planned {
  schemas: MovedSchema[];
  /** True names of those that the backup brings. */
  inBackup: string[];
  /** Schemas that stay as they are, as they only hold extensions. */
  kept: string[];
}

async function planOf(
  client: pg.ClientBase,
  { row, target }: RestoreFacts,
  dumped: DumpedSchema | null,
  examined: Examination,
): Promise<Planned> {
  const present = new Set(examined.schemas.map(({ name }) => name));
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, e.extname AS name
       FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace`,
  );
  const kept = [...new Set(rows.map(({ schema }) => schema))].filter(
    (schema) => !present.has(schema) && !schema.startsWith('pg_'),
  );
  const inBackup = schemasOf(dumped, target.tracking, {
    kept: new Set(kept),
    extensions: new Set(rows.map(({ name }) => name)),
  });
  const homeless = examined.extensions.find(({ schema }) => !inBackup.includes(schema));
  if (homeless)
    throw new BackstepError(
      'restore_failed',
      `The extension ${homeless.name} is in the schema ${homeless.schema}, which the backup does not have. Move it to another schema, then start again.`,
    );
  return { schemas: movedSchemas(examined.schemas, inBackup, row), inBackup, kept };
}

/** @throws BackstepError `restore_failed` when a name is taken by what this restore has not made */
async function requireFree(
  client: pg.ClientBase,
  schemas: readonly MovedSchema[],
  marker: string,
): Promise<void> {
  const names = [marker, ...schemas.flatMap(({ restored, former }) => [restored, former])];
  for (const name of names) {
    const taken = await namespaceByName(client, name);
    if (taken === null) continue;
    throw new BackstepError(
      'restore_failed',
      `The database already has a schema called ${name} (object id ${taken}), and it is not one that this restore has made. Rename or drop it, then start again.`,
    );
  }
}

async function restoreInto(
  ctx: Ctx,
  record: RestoreRecord,
  { row, target }: RestoreFacts,
  work: Planned & {
    deps: RestoreDeps;
    folder: string;
    session: MaintenanceSession;
    examined: Examination;
    progress: Progress;
  },
): Promise<void> {
  const { deps, folder, session, examined, progress, schemas, inBackup, kept } = work;
  const { client, identity } = session;
  const search = {
    configuredDir: ctx.config.clientTools,
    serverMajor: Math.trunc(identity.serverVersionNum / 10_000),
  };
  const pgRestore = await deps.findTool('pg_restore', search);
  // Of the same folder: a newer psql is needed for what a newer pg_restore writes.
  const psql = await deps.findTool('psql', {
    ...search,
    configuredDir: path.dirname(pgRestore.path),
  });
  const { entries } = await listEntries(pgRestore.path, folder, deps.signal);
  const hosts = [...new Set(examined.extensions.map(({ schema }) => schema))].filter(
    (schema) => schema !== 'public',
  );
  const ownerOf = new Map(examined.schemas.map(({ name, owner }) => [name, owner]));
  const rights = await defaultRightsSql(client);
  const mark = markOf(await installationId(ctx), record.label);
  const restored = schemas.filter(({ name }) => inBackup.includes(name));
  await runRestoreScript({
    programs: { pgRestore: pgRestore.path, psql: psql.path },
    folder,
    entries: entriesInPlace(entries, { created: hosts, kept }),
    url: target.url,
    executorId: deps.executorId,
    applicationName: await restoreApplication(ctx, record.owner),
    signal: deps.signal,
    onProgress: progress,
    before: [
      ...rights.putAway,
      ...setAsideSql(schemas),
      ...(inBackup.includes('public')
        ? await plainPublicSql(client, ownerOf.get('public') ?? null)
        : []),
      ...hosts.map((name) => createSql(name, ownerOf.get(name))),
      ...followSql(examined.extensions),
    ],
    after: [
      ...putBackSql(schemas, new Set(inBackup), examined.extensions),
      ...rights.again,
      ...markSql(
        markerSchema(row),
        mark,
        restored.map((schema) => schema.restored),
      ),
    ],
  });
}

const { escapeIdentifier: id } = pg;

const createSql = (name: string, owner: string | undefined): string =>
  `CREATE SCHEMA ${id(name)}${owner === undefined ? '' : ` AUTHORIZATION ${id(owner)}`}`;

async function withOids(
  client: pg.ClientBase,
  schemas: readonly MovedSchema[],
  inBackup: readonly string[],
): Promise<MovedSchema[]> {
  const found: MovedSchema[] = [];
  for (const schema of schemas) {
    if (!inBackup.includes(schema.name)) {
      found.push(schema);
      continue;
    }
    const oid = await namespaceByName(client, schema.restored);
    if (oid === null)
      throw new BackstepError(
        'restore_failed',
        `${schema.restored} is not there though the restore went through. Somebody has dropped or renamed it; start again.`,
      );
    found.push({ ...schema, newOid: oid });
  }
  return found;
}

const TABLES = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.oid = ANY ($1::int8[]::oid[]) AND c.relkind IN ('r', 'p', 'm') ORDER BY c.oid`;

/** A restored table has no statistics, and its first queries would be planned blindly. */
async function analyze(client: pg.ClientBase, schemas: readonly MovedSchema[]): Promise<void> {
  await client.query('SET statement_timeout = 0');
  const oids = schemas.flatMap(({ newOid }) => newOid ?? []);
  const { rows } = await client.query<{ name: string }>(TABLES, [oids]);
  for (const { name } of rows) await client.query(`ANALYZE ${name}`);
}

async function requirePresent(client: pg.ClientBase, { row, target }: RestoreFacts): Promise<void> {
  const { rows } = await client.query<{ oid: string }>(
    'SELECT d.oid::int8 AS oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()',
  );
  if (Number(rows[0]?.oid) === row.presentOid) return;
  throw new BackstepError(
    'restore_failed',
    `'${target.name}' is another database now than when this restore was created. Cancel this restore and create a new one.`,
  );
}

async function dropLeftover(
  record: RestoreRecord,
  client: pg.ClientBase,
  facts: RestoreFacts,
): Promise<void> {
  await record.failOpenIntents();
  await dropSchemaCopy(record, client, facts);
  if (facts.row.schemas !== null) await record.patch({ schemas: null });
}
