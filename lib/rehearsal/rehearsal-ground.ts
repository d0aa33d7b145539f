import type pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { BackstepError } from '@/lib/core/errors';
import type { RehearsalResult } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import {
  cloneSchema,
  compareWithLive,
  createScratchDatabase,
  type FindTool,
  type LiveComparison,
  type LiveSchema,
  objectsIn,
  replayMigrations,
  type ScratchDatabase,
  UnreplayableError,
} from '@/lib/scratch';
import { closeTarget } from '@/lib/target';
import type { RehearsalProgress } from './rehearsal-progress';

export interface GroundInput {
  plan: Plan;
  target: TargetConfig;
  live: LiveSchema;
  bootstrap: string | undefined;
  scratchUrl: string;
  /** Of the scratch database; a copy of the live schema has a name that begins with it. */
  name: string;
  findTool: FindTool;
  clientTools: string | undefined;
  executorId: string;
  applicationName: string;
  signal: AbortSignal;
}

/** A scratch database at the plan's head, with a session in it. */
export interface Ground
  extends Pick<RehearsalResult, 'mode' | 'cloneReason' | 'drift' | 'replayMs' | 'objectsCompared'> {
  client: pg.Client;
  /** The scratch database as it is. */
  before: CatalogSnapshot;
  inLiveWords: LiveComparison['inLiveWords'];
  remarks: string[];
}

const CLONED = 'so the steps were rehearsed on a copy of the live schema.';

/**
 * Makes the database on which a plan is rehearsed, has the work done there and removes every trace. The
 * files are replayed; where the live schema is another one, or they can't be replayed, it is a copy of
 * the live schema. When the live schema can't be copied, the replay has to do.
 * @throws BackstepError `plan_stale`, `target_unreachable`, `rehearsal_failed` with a remedy; the
 *   signal's reason; whatever `work` throws
 */
export async function onGround<T>(
  input: GroundInput,
  progress: RehearsalProgress,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const site = new Site(input);
  // Dropping a database ends whatever is running in it: there is no shorter way out.
  const abort = () => void site.clear();
  input.signal.addEventListener('abort', abort, { once: true });
  try {
    const replayed = await replayFiles(site, progress);
    input.signal.throwIfAborted();
    if (!(replayed instanceof UnreplayableError) && replayed.drift.length === 0) {
      return await work(replayed);
    }
    await progress.begin('Copying the live schema', 1);
    return await work(await cloneInstead(site, replayed));
  } finally {
    input.signal.removeEventListener('abort', abort);
    await site.clear();
  }
}

/** The scratch databases of one rehearsal, so that none is forgotten. */
class Site {
  private readonly databases: ScratchDatabase[] = [];
  private readonly clients: pg.Client[] = [];
  private readonly afterwards: (() => Promise<void>)[] = [];
  private clearing: Promise<void> = Promise.resolve();

  constructor(readonly input: GroundInput) {}

  async database(name: string): Promise<ScratchDatabase> {
    const { scratchUrl, plan, signal } = this.input;
    const { serverVersionNum } = plan.database;
    const database = await createScratchDatabase({ scratchUrl, name, serverVersionNum });
    this.databases.push(database);
    signal.throwIfAborted();
    return database;
  }

  async session(database: ScratchDatabase): Promise<pg.Client> {
    const client = await database.connect();
    this.clients.push(client);
    return client;
  }

  /** For when the databases are gone. */
  after(work: () => Promise<void>): void {
    this.afterwards.push(work);
  }

  /**
   * Ends what is going on in the databases and drops them. Failing to drop says nothing about the plan;
   * what stays is found by `dropOrphanedScratch`.
   */
  clear(): Promise<void> {
    // When it is called again, more may have been made, and the first call may not have ended.
    this.clearing = this.clearing.then(() => this.clearNow());
    return this.clearing;
  }

  private async clearNow(): Promise<void> {
    await Promise.all(this.databases.splice(0).map((one) => one.drop().catch(() => undefined)));
    await Promise.all(this.clients.splice(0).map(closeTarget));
    for (const work of this.afterwards.splice(0)) await work();
  }
}

async function replayFiles(
  site: Site,
  progress: RehearsalProgress,
): Promise<Ground | UnreplayableError> {
  const { plan, target, live, bootstrap, name } = site.input;
  const database = await site.database(name);
  const client = await site.session(database);
  await progress.begin('Replaying migrations', plan.replay.length);
  const started = performance.now();
  try {
    const { remarks } = await replayMigrations(client, {
      files: plan.replay,
      migrationsFolder: target.migrations,
      layout: plan.layout,
      tracking: plan.tracking,
      rows: plan.rows,
      searchPath: live.searchPath,
      statementTimeoutMs: target.policy.statement_timeout_ms,
      ...(bootstrap !== undefined && { bootstrap }),
      onProgress: (done) => progress.advance(done),
      onRole: database.ownRole,
    });
    const replayMs = performance.now() - started;
    const before = await snapshotCatalog(client, { tracking: plan.tracking });
    const { differences, inLiveWords } = await compareWithLive(client, before, live.catalog);
    const objectsCompared = objectsIn(before, live.catalog);
    return {
      client,
      before,
      inLiveWords,
      mode: 'replay',
      cloneReason: null,
      drift: differences,
      replayMs,
      objectsCompared,
      remarks,
    };
  } catch (error) {
    if (error instanceof UnreplayableError) return error;
    throw error;
  }
}

async function cloneInstead(site: Site, replayed: Ground | UnreplayableError): Promise<Ground> {
  const { input } = site;
  const started = performance.now();
  try {
    const scratch = await site.database(`${input.name}_clone`);
    const clone = await cloneSchema({
      ...input,
      scratch,
      serverVersionNum: input.plan.database.serverVersionNum,
      live: input.live.catalog,
      rows: input.plan.rows,
    });
    site.after(clone.release);
    const drift = replayed instanceof UnreplayableError ? [] : replayed.drift;
    return {
      client: await site.session(scratch),
      before: clone.catalog,
      inLiveWords: clone.inLiveWords,
      mode: 'clone',
      cloneReason:
        replayed instanceof UnreplayableError
          ? `The files do not apply to an empty database, ${CLONED} ${replayed.reason}.`
          : `The live schema differs from the files in ${objects(drift)}, ${CLONED}`,
      drift,
      replayMs: performance.now() - started,
      objectsCompared:
        replayed instanceof UnreplayableError
          ? objectsIn(clone.catalog, input.live.catalog)
          : replayed.objectsCompared,
      remarks: clone.remarks,
    };
  } catch (error) {
    input.signal.throwIfAborted();
    return withoutClone(replayed, error);
  }
}

/** A replay that is not the live schema still tells more than nothing; without one there is nothing. */
function withoutClone(replayed: Ground | UnreplayableError, error: unknown): Ground {
  if (!(error instanceof BackstepError) || error.code === 'target_unreachable') throw error;
  if (replayed instanceof UnreplayableError) {
    throw new BackstepError(
      'rehearsal_failed',
      `The files do not apply to an empty database, and the live schema can’t be copied instead, so there is nothing to rehearse on. ${replayed.reason}. ${error.message}`,
      { cause: error, details: { ...replayed.details, ...error.details } },
    );
  }
  return {
    ...replayed,
    remarks: [
      ...replayed.remarks,
      `The live schema differs from the files in ${objects(replayed.drift)} and could not be copied, so the steps were rehearsed on the replayed files. ${error.message}`,
    ],
  };
}

/** ‘1 object’, ‘3 objects’. */
export function objects(changes: readonly SchemaChange[]): string {
  return `${changes.length} ${changes.length === 1 ? 'object' : 'objects'}`;
}
