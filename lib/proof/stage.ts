import type pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { Statement } from '@/lib/core/statement';
import type { ScratchDatabase } from '@/lib/scratch';
import type { TrackingTable } from '@/lib/target';
import { type PreparedMigration, sendChunks, sendStatements } from './apply-migration';
import type { CatalogClock } from './catalog-clock';
import { DownFault, toProofError, UpFault } from './proof-fault';
import type { ProvingGround } from './proving-ground';
import { runCommitted, runStatements } from './run-script';
import {
  readSequencePositions,
  restoreSequencePositions,
  type SequencePositions,
} from './sequence-positions';
import { resetSession } from './session';
import type { ScratchTracking } from './tracking-table';

/** What a script did to drizzle's tracking table. */
export interface TrackingEffect {
  own: boolean;
  others: boolean;
}

/**
 * A place where a migration and its script are tried, as it was before the migration. `fork` gives the
 * same place again and takes back whatever is done in it.
 */
export interface Stage {
  readonly method: 'transaction' | 'copies';
  readonly client: pg.Client;
  snapshot(): Promise<CatalogSnapshot>;
  /** What is the same as long as nobody changes the schema; undefined where that can't be told. */
  clock(): Promise<string | undefined>;
  /** @throws UpFault */
  up(): Promise<void>;
  /** @throws DownFault */
  down(statements: readonly Statement[]): Promise<TrackingEffect>;
  fork<T>(work: (stage: Stage) => Promise<T>): Promise<T>;
}

/** What both ways share. */
export interface StageTools {
  ground: ProvingGround;
  tracking: TrackingTable;
  rows: ScratchTracking;
  catalogClock: CatalogClock | undefined;
}

const snapshotOf = (client: pg.Client, tracking: TrackingTable) =>
  snapshotCatalog(client, { tracking, cluster: true });

/** Deferred constraints are checked at COMMIT, which does not come here; what the check does is undone. */
const CHECK_DEFERRED =
  'SAVEPOINT backstep_deferred; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT backstep_deferred; RELEASE SAVEPOINT backstep_deferred';

/** Everything in one open transaction, with savepoints to go back to. */
export class TransactionStage implements Stage {
  readonly method = 'transaction';
  private depth = 0;
  private positions: SequencePositions | undefined;

  constructor(
    readonly client: pg.Client,
    private readonly migration: PreparedMigration,
    private readonly tools: StageTools,
  ) {}

  snapshot(): Promise<CatalogSnapshot> {
    return snapshotOf(this.client, this.tools.tracking);
  }

  async clock(): Promise<string | undefined> {
    return this.tools.catalogClock?.read(this.client);
  }

  async up(): Promise<void> {
    await sendChunks(this.client, this.migration);
    try {
      await this.client.query(CHECK_DEFERRED);
    } catch (cause) {
      throw new UpFault(toProofError(cause, { in: 'up', line: null, text: '' }), { cause });
    }
    await resetSession(this.client);
    await this.tools.rows.add(this.client, this.migration.file);
  }

  async down(statements: readonly Statement[]): Promise<TrackingEffect> {
    await runStatements(this.client, statements);
    try {
      await this.client.query(CHECK_DEFERRED);
    } catch (cause) {
      const line = statements.at(-1)?.line ?? null;
      throw new DownFault(toProofError(cause, { in: 'down', line, text: '' }), { cause });
    }
    await resetSession(this.client);
    return this.tools.rows.remove(this.client);
  }

  async fork<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
    const outermost = this.depth === 0;
    if (outermost) this.positions ??= await readSequencePositions(this.client);
    this.depth += 1;
    const savepoint = `backstep_${this.depth}`;
    await this.client.query(`SAVEPOINT ${savepoint}`);
    let result: T;
    try {
      result = await work(this);
    } catch (error) {
      // The first failure is the one to tell; when the connection is gone, the next query says so.
      await this.goBack(savepoint, outermost).catch(() => undefined);
      throw error;
    }
    await this.goBack(savepoint, outermost);
    return result;
  }

  private async goBack(savepoint: string, outermost: boolean): Promise<void> {
    this.depth -= 1;
    await this.client.query(`ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`);
    if (outermost && this.positions) {
      await restoreSequencePositions(this.client, this.positions);
    }
  }
}

/** How a migration is sent where its transaction is really committed. */
export type UpMode =
  /** As drizzle does: all of it in one transaction. */
  | 'transaction'
  /** Each statement alone. */
  | 'statements';

/** Applies a migration for good, with its tracking row. @throws UpFault */
export async function applyCommitted(
  client: pg.Client,
  migration: PreparedMigration,
  mode: UpMode,
  rows: ScratchTracking,
): Promise<void> {
  if (mode === 'statements') {
    await sendStatements(client, migration);
    await endTransaction(client);
    await resetSession(client);
    await rows.add(client, migration.file);
    return;
  }
  await client.query('BEGIN');
  try {
    await sendChunks(client, migration);
    await rows.add(client, migration.file);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (cause instanceof UpFault) throw cause;
    throw new UpFault(toProofError(cause, { in: 'up', line: null, text: '' }), { cause });
  }
  await resetSession(client);
}

/** A migration that begins and never commits would keep everything after it in its transaction. */
async function endTransaction(client: pg.Client): Promise<void> {
  if (client.getTransactionStatus() !== 'I') await client.query('COMMIT');
}

/** Everything committed, in databases that are copied from one another and thrown away. */
export class CopyStage implements Stage {
  readonly method = 'copies';

  private constructor(
    private readonly database: ScratchDatabase,
    private session: pg.Client,
    private readonly migration: PreparedMigration,
    private readonly mode: UpMode,
    private readonly tools: StageTools,
  ) {}

  get client(): pg.Client {
    return this.session;
  }

  snapshot(): Promise<CatalogSnapshot> {
    return snapshotOf(this.session, this.tools.tracking);
  }

  /** Two databases, or two transactions, have no common time. */
  async clock(): Promise<undefined> {
    return undefined;
  }

  up(): Promise<void> {
    return applyCommitted(this.session, this.migration, this.mode, this.tools.rows);
  }

  async down(statements: readonly Statement[]): Promise<TrackingEffect> {
    await runCommitted(this.session, statements);
    await resetSession(this.session);
    return this.tools.rows.remove(this.session);
  }

  async fork<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
    await this.tools.ground.disconnect(this.session);
    try {
      return await CopyStage.onCopyOf(this.database, this.migration, this.mode, this.tools, work);
    } finally {
      this.session = await this.tools.ground.connect(this.database);
    }
  }

  /** Works on a copy of a database that nobody is connected to. */
  static async onCopyOf<T>(
    database: ScratchDatabase,
    migration: PreparedMigration,
    mode: UpMode,
    tools: StageTools,
    work: (stage: Stage) => Promise<T>,
  ): Promise<T> {
    const { ground } = tools;
    const roles = await ground.readRoles();
    const copy = await ground.createDatabase(database);
    let stage: CopyStage | undefined;
    try {
      stage = new CopyStage(copy, await ground.connect(copy), migration, mode, tools);
      return await work(stage);
    } finally {
      if (stage) await ground.disconnect(stage.session);
      await ground.dropDatabase(copy);
      await ground.restoreRoles(roles);
    }
  }
}
