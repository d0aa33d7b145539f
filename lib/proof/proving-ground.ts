import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { createScratchDatabase, type ScratchDatabase } from '@/lib/scratch';
import { addressOf, closeTarget, redact } from '@/lib/target';
import { dropRoles, type Roles, readRoles, restoreRoles } from './cluster-roles';
import { openSession, type SessionDefaults } from './session';

/** Of the scratch server: roles are the whole server's, so one history at a time is proven on it. */
const PROVING_LOCK = 5_730_101;

const LOCK_POLL_MS = 200;

export interface GroundOptions {
  scratchUrl: string;
  databasePrefix: string;
  serverVersionNum?: number;
  defaults: SessionDefaults;
  signal?: AbortSignal;
  /** Called once when another proof on the same server has to end first. */
  onWaiting?(): void;
}

/**
 * The scratch server while a history is proven on it: its databases, the sessions in them and the roles
 * that migrations bring. `close` leaves the server as it was.
 */
export class ProvingGround {
  private readonly databases = new Set<ScratchDatabase>();
  private readonly sessions = new Set<pg.Client>();
  private readonly roles = new Set<string>();
  private count = 0;

  private constructor(
    private readonly options: GroundOptions,
    private readonly admin: pg.Client,
  ) {}

  /**
   * Waits for its turn on the server and removes what a crash has left under the same prefix.
   * @throws BackstepError `rehearsal_failed` when the server can't be reached
   */
  static async open(options: GroundOptions): Promise<ProvingGround> {
    const admin = await openAdmin(options.scratchUrl);
    const ground = new ProvingGround(options, admin);
    try {
      await ground.takeTurn();
      await ground.removeOrphans();
    } catch (error) {
      await closeTarget(admin);
      throw error;
    }
    options.signal?.addEventListener('abort', ground.abort);
    return ground;
  }

  /** An empty database, or a copy of one that nobody is connected to. */
  async createDatabase(template?: ScratchDatabase): Promise<ScratchDatabase> {
    this.options.signal?.throwIfAborted();
    this.count += 1;
    const database = await createScratchDatabase({
      scratchUrl: this.options.scratchUrl,
      name: `${this.options.databasePrefix}${this.count}`,
      ...(this.options.serverVersionNum !== undefined && {
        serverVersionNum: this.options.serverVersionNum,
      }),
      ...(template && { template: template.name }),
    });
    this.databases.add(database);
    return database;
  }

  async dropDatabase(database: ScratchDatabase): Promise<void> {
    await database.drop();
    this.databases.delete(database);
  }

  async connect(database: ScratchDatabase): Promise<pg.Client> {
    this.options.signal?.throwIfAborted();
    const client = await openSession(database.url, this.options.defaults);
    this.sessions.add(client);
    // The signal may have come while the connection was made, before there was anything to end.
    if (this.options.signal?.aborted) this.abort();
    return client;
  }

  async disconnect(client: pg.Client): Promise<void> {
    this.sessions.delete(client);
    await closeTarget(client);
  }

  async serverVersionNum(): Promise<number> {
    const { rows } = await this.admin.query<{ num: number }>(
      "SELECT pg_catalog.current_setting('server_version_num')::int AS num",
    );
    return rows[0]?.num ?? 0;
  }

  readRoles(): Promise<Roles> {
    return readRoles(this.admin);
  }

  /** Undoes what a database that is dropped has done to the server's roles. */
  restoreRoles(before: Roles): Promise<void> {
    return restoreRoles(this.admin, before);
  }

  /** Remembers roles that go when the ground is closed. */
  keepRoles(names: readonly string[]): void {
    for (const name of names) this.roles.add(name);
  }

  /** Drops all databases, then the roles that migrations have brought; ends the turn. */
  async close(): Promise<void> {
    this.options.signal?.removeEventListener('abort', this.abort);
    const faults: unknown[] = [];
    for (const client of [...this.sessions]) await this.disconnect(client);
    for (const database of [...this.databases]) {
      await this.dropDatabase(database).catch((error: unknown) => faults.push(error));
    }
    // With the databases gone, nothing but other databases' rights can hold a role.
    await dropRoles(this.admin, [...this.roles]).catch((error: unknown) => faults.push(error));
    await closeTarget(this.admin);
    if (faults.length > 0) throw faults[0];
  }

  /** Cuts the sessions: a statement that runs ends at once. */
  private readonly abort = () => {
    for (const client of this.sessions) void client.end().catch(() => undefined);
  };

  private async takeTurn(): Promise<void> {
    for (let told = false; ; told = true) {
      this.options.signal?.throwIfAborted();
      const { rows } = await this.admin.query<{ mine: boolean }>(
        `SELECT pg_catalog.pg_try_advisory_lock(${PROVING_LOCK}) AS mine`,
      );
      if (rows[0]?.mine) return;
      if (!told) this.options.onWaiting?.();
      await pause(LOCK_POLL_MS);
    }
  }

  /** Whoever made databases under this prefix held the lock that is ours now. */
  private async removeOrphans(): Promise<void> {
    const { rows } = await this.admin.query<{ name: string }>(
      'SELECT datname AS name FROM pg_catalog.pg_database WHERE starts_with(datname, $1)',
      [this.options.databasePrefix],
    );
    const roles: string[] = [];
    for (const { name } of rows) {
      const url = new URL(this.options.scratchUrl);
      url.pathname = `/${name}`;
      roles.push(...(await rolesNotedIn(url.href)));
      await this.admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    }
    await dropRoles(this.admin, roles);
  }
}

async function openAdmin(scratchUrl: string): Promise<pg.Client> {
  try {
    return await openSession(scratchUrl, { statementTimeoutMs: 60_000 });
  } catch (error) {
    const why = redact(error instanceof Error ? error.message : String(error), [scratchUrl]);
    throw new BackstepError(
      'rehearsal_failed',
      `The scratch server at ${addressOf(scratchUrl)} can’t be reached: ${why || 'no reason was given'}. Check that it runs and that its URL is right, then try again.`,
      { cause: new Error(why) },
    );
  }
}

/**
 * Names of roles are noted in the database that brought them, in the transaction that made them: after a
 * crash they tell which roles of the server are nobody's. Snapshots leave this schema out.
 */
const ROLE_NOTES = 'backstep_rescue.proof_roles';

export async function prepareRoleNotes(client: pg.ClientBase): Promise<void> {
  await client.query(
    `CREATE SCHEMA IF NOT EXISTS backstep_rescue; CREATE TABLE ${ROLE_NOTES} (name text)`,
  );
}

export async function noteRoles(client: pg.ClientBase, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await client.query(`INSERT INTO ${ROLE_NOTES} SELECT unnest($1::text[])`, [names]);
}

async function rolesNotedIn(url: string): Promise<string[]> {
  let client: pg.Client | undefined;
  try {
    client = await openSession(url, { statementTimeoutMs: 10_000 });
    const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${ROLE_NOTES}`);
    return rows.map(({ name }) => name);
  } catch {
    // A copy in the making has no notes, and a broken one can't be asked: it is dropped all the same.
    return [];
  } finally {
    if (client) await closeTarget(client);
  }
}
