import type pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import type { TrackingRow } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import type { ClientToolName, ClientToolSearch, FoundClientTool } from '@/lib/embedded';
import { closeTarget, redact, withTarget } from '@/lib/target';
import { releaseFenceSql } from '@/lib/undo';
import { prepareExtensions } from './clone-extensions';
import { compareWithLive, type LiveComparison } from './compare-with-live';
import { defaultRightsSql } from './default-rights';
import { fillViews } from './fill-views';
import { type LiveSurroundings, readSurroundings } from './live-surroundings';
import { dumpSchema } from './schema-dump';
import type { ScratchDatabase } from './scratch-database';
import { borrowRoles } from './scratch-roles';
import { writeTrackingRows } from './tracking-rows';

export type FindTool = (tool: ClientToolName, search: ClientToolSearch) => Promise<FoundClientTool>;

export interface CloneInput {
  target: TargetConfig;
  /** Empty; of the target's major version. */
  scratch: ScratchDatabase;
  scratchUrl: string;
  serverVersionNum: number;
  /** What the copy is compared with. */
  live: CatalogSnapshot;
  /** Of the tracking table: a schema has none. */
  rows: readonly TrackingRow[];
  findTool: FindTool;
  /** Folder with pg_dump and pg_restore, when they are not in the usual places. */
  clientTools: string | undefined;
  applicationName: string;
  executorId: string;
  signal: AbortSignal;
}

export interface SchemaClone extends LiveComparison {
  /** The copy as it was read back. */
  catalog: CatalogSnapshot;
  /** What is worth knowing about the copy, as sentences. */
  remarks: string[];
  /** Gives the roles back that the copy needed. Call it after the scratch database is dropped. */
  release(): Promise<void>;
}

/**
 * Copies a target's schema, without rows, into an empty scratch database, and compares the two. The
 * target is only read: by the role of `read_url`, unless that one may not read every table.
 * @throws BackstepError `client_tool_missing`; `target_unreachable`; `rehearsal_failed` when the schema
 *   can't be dumped or needs an extension that the scratch server lacks; the signal's reason
 */
export async function cloneSchema(input: CloneInput): Promise<SchemaClone> {
  const { target, scratchUrl, signal } = input;
  const search = {
    serverMajor: Math.floor(input.serverVersionNum / 10_000),
    ...(input.clientTools !== undefined && { configuredDir: input.clientTools }),
  };
  const pgDump = await input.findTool('pg_dump', search);
  const pgRestore = await input.findTool('pg_restore', search);
  const surroundings = await withTarget(target, 'read', readSurroundings, {
    applicationName: input.applicationName,
  });
  signal.throwIfAborted();
  const roles = await borrowRoles(scratchUrl, surroundings.roles);
  const client = await input.scratch.connect().catch(async (error: unknown) => {
    await roles.giveBack();
    throw error;
  });
  try {
    const { schemas } = await prepareExtensions(client, surroundings.extensions);
    if (!surroundings.hasPublicSchema) await client.query('DROP SCHEMA IF EXISTS public');
    const dump = await dumpSchema({
      ...input,
      url: surroundings.unreadableTable === null ? target.readUrl : target.url,
      pgDump: pgDump.path,
      pgRestore: pgRestore.path,
    });
    const complaints: string[] = [];
    try {
      complaints.push(...(await dump.restore({ url: input.scratch.url, schemas })));
    } finally {
      await dump.dispose();
    }
    signal.throwIfAborted();
    complaints.push(...(await restoreDefaultRights(client, surroundings)));
    complaints.push(...(await fillViews(client, input.live)));
    // The steps are rehearsed without a fence, and one that stands would refuse the rows below.
    for (const sql of releaseFenceSql(target.tracking)) await client.query(sql);
    await writeTrackingRows(client, target.tracking, input.rows);
    const catalog = await snapshotCatalog(client, { tracking: target.tracking });
    const comparison = await compareWithLive(client, catalog, input.live);
    const { differences } = comparison;
    return {
      catalog,
      ...comparison,
      remarks: [
        ...remarksOnRoles(roles),
        ...remarksOnDifferences(differences, complaints, [target.url, target.readUrl, scratchUrl]),
      ],
      release: roles.giveBack,
    };
  } catch (error) {
    // The roles can only go when nothing names them any more.
    await closeTarget(client);
    await input.scratch.drop().catch(() => undefined);
    await roles.giveBack();
    throw error;
  } finally {
    await closeTarget(client);
  }
}

/** @returns what the server said to those that it refused */
async function restoreDefaultRights(
  client: pg.Client,
  { defaultRights }: LiveSurroundings,
): Promise<string[]> {
  if (defaultRights.length === 0) return [];
  const { rows } = await client.query<{ self: string }>('SELECT current_user::text AS self');
  const self = rows[0]?.self ?? '';
  const refused: string[] = [];
  for (const sql of defaultRightsSql(defaultRights, self)) {
    await client.query(sql).catch((error: Error) => refused.push(error.message));
  }
  return refused;
}

function remarksOnRoles({ made, lacking }: { made: string[]; lacking: string[] }): string[] {
  const remarks: string[] = [];
  if (made.length > 0) {
    remarks.push(
      `The live schema names roles that the scratch server did not have; they are there while the copy is: ${made.join(', ')}.`,
    );
  }
  if (lacking.length > 0) {
    remarks.push(
      `The scratch server’s role may not make these roles, so the copy lacks what names them: ${lacking.join(', ')}. Give it CREATEROLE, or make them there.`,
    );
  }
  return remarks;
}

const NAMED_AT_MOST = 5;

function remarksOnDifferences(
  differences: readonly SchemaChange[],
  complaints: readonly string[],
  secrets: readonly string[],
): string[] {
  if (differences.length === 0) return [];
  const names = differences.slice(0, NAMED_AT_MOST).map(({ kind, name }) => `${kind} ${name}`);
  const more = differences.length - names.length;
  const said = complaints[0] === undefined ? '' : ` ${redact(complaints[0], secrets)}`;
  return [
    `The copy differs from the live schema in ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.${said}`,
  ];
}
