import type pg from 'pg';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { ScratchDatabase } from '@/lib/scratch';
import { serverWide } from '@/lib/sql';
import type { PreparedMigration } from './apply-migration';
import { CatalogClock } from './catalog-clock';
import { namedIn, type Roles, readRoles, rolesAdded } from './cluster-roles';
import { toProofError, UpFault, wantsOwnTransaction } from './proof-fault';
import { noteRoles, type ProvingGround, prepareRoleNotes } from './proving-ground';
import {
  applyCommitted,
  CopyStage,
  type Stage,
  type StageTools,
  TransactionStage,
  type UpMode,
} from './stage';

/** The scratch database that walks through the history, one migration after the other. */
export class Walker {
  /** The schema as it is now; undefined when nobody has read it. */
  known: CatalogSnapshot | undefined;

  private constructor(
    private readonly database: ScratchDatabase,
    private client: pg.Client,
    private readonly tools: StageTools,
  ) {}

  /** Makes the database and what a history finds in it. @param prepare runs `sql`, before all else */
  static async begin(
    tools: StageTools,
    sql: string,
    prepare: (client: pg.Client) => Promise<void>,
  ): Promise<Walker> {
    const database = await tools.ground.createDatabase();
    const walker = new Walker(database, await tools.ground.connect(database), tools);
    await prepareRoleNotes(walker.client);
    await walker.keepingRoles(sql, () => prepare(walker.client));
    await tools.rows.create(walker.client);
    tools.catalogClock = await CatalogClock.open(walker.client);
    return walker;
  }

  /**
   * Tries something in one transaction, before the migration; it is rolled back afterwards.
   * @returns 'broken' when the session did not survive the work; there is a new one then
   */
  async inTransaction<T>(
    migration: PreparedMigration,
    work: (stage: Stage) => Promise<T>,
  ): Promise<T | 'broken'> {
    await this.client.query('BEGIN');
    try {
      const outcome = await work(new TransactionStage(this.client, migration, this.tools));
      await this.client.query('ROLLBACK');
      return outcome;
    } catch (error) {
      const alive = await this.client.query('ROLLBACK').then(
        () => true,
        () => false,
      );
      if (alive) throw error;
      await this.ground.disconnect(this.client);
      this.client = await this.ground.connect(this.database);
      return 'broken';
    }
  }

  /** Tries something on a copy of the database as it is now. */
  async onCopies<T>(
    migration: PreparedMigration,
    mode: UpMode,
    work: (stage: Stage) => Promise<T>,
  ): Promise<T> {
    await this.ground.disconnect(this.client);
    try {
      return await CopyStage.onCopyOf(this.database, migration, mode, this.tools, work);
    } finally {
      this.client = await this.ground.connect(this.database);
    }
  }

  /**
   * Applies the migration for good: as drizzle does, and where PostgreSQL refuses only that it is one
   * transaction, statement by statement.
   * @param proven how it was applied to a copy already
   * @throws UpFault, and then the database is as it was
   */
  async advance(migration: PreparedMigration, proven?: UpMode): Promise<UpMode> {
    this.known = undefined;
    if (proven === undefined && !migration.up.ownTransaction) {
      try {
        await this.advanceInTransaction(migration);
        this.tools.rows.settle();
        return 'transaction';
      } catch (error) {
        if (!(error instanceof UpFault && wantsOwnTransaction(error))) throw error;
      }
    }
    // Halfway there would be no way back, so that a copy goes first.
    const mode = proven ?? (await this.tryModes(migration, (stage) => stage.up())).mode;
    await this.keepingRoles(migration.file.sql, () =>
      applyCommitted(this.client, migration, mode, this.tools.rows),
    );
    this.tools.rows.settle();
    return mode;
  }

  /**
   * Does the work on copies, with the migration sent as drizzle does; where PostgreSQL refuses only that
   * it is one transaction, once more with the migration sent statement by statement.
   * @throws UpFault
   */
  async tryModes<T>(
    migration: PreparedMigration,
    work: (stage: Stage) => Promise<T>,
  ): Promise<{ mode: UpMode; outcome: T }> {
    const beyond = serverWide(migration.up);
    if (beyond !== undefined && migration.up.ownTransaction) {
      // Its own COMMIT would let through what only a transaction keeps from being done.
      const message = `${beyond} reaches beyond the database, so the migration is not tried on this server.`;
      throw new UpFault({ message, sqlstate: null, line: null, in: 'up' });
    }
    try {
      const outcome = await this.onCopies(migration, 'transaction', work);
      return { mode: 'transaction', outcome };
    } catch (error) {
      if (!(error instanceof UpFault && wantsOwnTransaction(error))) throw error;
      // Outside of a transaction it would do it, to a server that others use.
      if (beyond !== undefined) throw error;
    }
    const outcome = await this.onCopies(migration, 'statements', work);
    return { mode: 'statements', outcome };
  }

  private async advanceInTransaction(migration: PreparedMigration): Promise<void> {
    await this.client.query('BEGIN');
    try {
      const before = await readRoles(this.client);
      await new TransactionStage(this.client, migration, this.tools).up();
      const after = rolesAdded(before, await readRoles(this.client));
      // What other sessions see before our COMMIT is not from here.
      const others = await this.ground.readRoles();
      const added = after.filter((name) => !others.has(name));
      await noteRoles(this.client, added);
      await this.commit();
      this.ground.keepRoles(added);
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  private async commit(): Promise<void> {
    try {
      await this.client.query('COMMIT');
    } catch (cause) {
      throw new UpFault(toProofError(cause, { in: 'up', line: null, text: '' }), { cause });
    }
  }

  /** @param sql what the work runs: others may make roles at the same time */
  private async keepingRoles(sql: string, work: () => Promise<void>): Promise<void> {
    const before: Roles = await this.ground.readRoles();
    try {
      await work();
    } finally {
      const added = namedIn(sql, rolesAdded(before, await this.ground.readRoles()));
      this.ground.keepRoles(added);
      await noteRoles(this.client, added);
    }
  }

  private get ground(): ProvingGround {
    return this.tools.ground;
  }
}
