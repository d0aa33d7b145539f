import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asc, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { confirmBackup, openBackup } from '@/lib/backup';
import { MIGRATIONS, perform, queueBackup } from '@/lib/backup/backup.test-setup';
import { type Ctx, tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import type { Policy } from '@/lib/core/policy';
import type { RestoreWay } from '@/lib/core/restore';
import { findClientTool } from '@/lib/embedded';
import { adminUrl } from '@/lib/testing/database';
import { type PlannedRollback, planRollback } from '@/lib/testing/planned-rollback';
import {
  createRestore,
  decideRestore,
  performRestore,
  performSwap,
  type RestoreDeps,
  requestRestoreApproval,
  startRestore,
  startSwap,
  swapBack,
} from '.';

export type RestoreRow = typeof tables.restores.$inferSelect;

/** A migrated target with a real backup, and a migration and rows that are younger than it. */
export interface RestoreRoom {
  planned: PlannedRollback;
  backupId: number;
  backup: string;
  executorId: string;
  onCall: Ctx;
  reviewer: Ctx;
  system: Ctx;
  create(): Promise<{ id: number; label: string }>;
  row(id: number): Promise<RestoreRow>;
  acts(id: number): Promise<(typeof tables.restoreSteps.$inferSelect)[]>;
  audit(label: string): Promise<(typeof tables.auditLog.$inferSelect)[]>;
  deps(more?: Partial<RestoreDeps>): RestoreDeps;
  /** Created, and restored beside. */
  restored(): Promise<{ id: number; label: string; digest: string }>;
  /** And approved by the reviewer. */
  approved(): Promise<{ id: number; label: string; digest: string }>;
  /** And swapped in. */
  swapped(): Promise<{ id: number; label: string; digest: string }>;
  pressSwap(restore: { label: string; digest: string }): Promise<void>;
  pressSwapBack(restore: { label: string }): Promise<void>;
  perform(id: number): Promise<void>;
  /** Runs SQL in whatever database has the target's name. */
  sql<T extends pg.QueryResultRow>(text: string): Promise<T[]>;
  /** The same as the server's superuser in its maintenance database. */
  server<T extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<T[]>;
  /** Boots the application's newest image. */
  boot(): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

const NEWER = '0002_invites';

/**
 * @param before runs on the target before the backup is taken
 * @param way in which its restores are created
 */
export async function createRestoreRoom(
  policy: Partial<Policy> = {},
  before: (planned: PlannedRollback) => Promise<void> = async () => undefined,
  way: RestoreWay = 'beside',
): Promise<RestoreRoom> {
  const planned = await planRollback({ migrations: MIGRATIONS, undo: 1, policy });
  await before(planned);
  const backupId = await queueBackup(planned);
  await perform(planned, backupId);
  const server = new pg.Client({ connectionString: adminUrl() });
  server.on('error', () => undefined);
  await server.connect();
  const { people } = planned;
  const { db } = planned.control;
  const executorId = randomUUID();
  let closed = false;
  const onCall = planned.as(people.on_call);
  const reviewer = planned.as(people.reviewer);
  const system = planned.as(SYSTEM_ACTOR);
  const room: RestoreRoom = {
    planned,
    backupId,
    backup: `B-${String(backupId).padStart(4, '0')}`,
    executorId,
    onCall,
    reviewer,
    system,
    create: () =>
      createRestore(onCall, {
        target: planned.target.name,
        backup: room.backup,
        reason: 'Gone bad',
        way,
      }),
    async row(id) {
      const [row] = await db.select().from(tables.restores).where(eq(tables.restores.id, id));
      if (!row) throw new Error(`restore ${id} is not there`);
      return row;
    },
    acts: (id) =>
      db
        .select()
        .from(tables.restoreSteps)
        .where(eq(tables.restoreSteps.restoreId, id))
        .orderBy(asc(tables.restoreSteps.seq)),
    audit: (label) =>
      db
        .select()
        .from(tables.auditLog)
        .where(eq(tables.auditLog.subject, label))
        .orderBy(asc(tables.auditLog.seq)),
    deps: (more = {}) => ({
      executorId,
      signal: new AbortController().signal,
      findTool: findClientTool,
      openBackup: ({ config }, { location, manifest, stored }, signal) => {
        if (location === null || manifest === null) throw new Error('there are no bytes');
        return openBackup(config.backups, { location, manifest, stored }, { executorId, signal });
      },
      ...more,
    }),
    async restored() {
      const { id, label } = await room.create();
      await startRestore(onCall, { restore: label, confirm: planned.target.name });
      await performRestore(system, id, room.deps());
      const { status, message, digest } = await room.row(id);
      if (digest === null) throw new Error(`it was not restored: ${status} ${message}`);
      return { id, label, digest };
    },
    async approved() {
      const restore = await room.restored();
      const about = { restore: restore.label, digest: restore.digest };
      await requestRestoreApproval(onCall, about);
      await decideRestore(reviewer, { ...about, decision: 'approved', comment: '' });
      return restore;
    },
    async swapped() {
      const restore = await room.approved();
      await room.pressSwap(restore);
      await room.perform(restore.id);
      const { status, message } = await room.row(restore.id);
      if (status !== 'swapped') throw new Error(`it was not swapped: ${status} ${message}`);
      return restore;
    },
    pressSwap: ({ label, digest }) =>
      startSwap(onCall, { restore: label, digest, confirm: planned.target.name }),
    pressSwapBack: ({ label }) =>
      swapBack(onCall, { restore: label, confirm: planned.target.name }),
    perform: (id) => performSwap(system, id, { executorId, confirmBackup }),
    async sql(text) {
      const client = await planned.live.connect();
      try {
        return (await client.query(text)).rows;
      } finally {
        await client.end();
      }
    },
    server: async (text, values) => (await server.query(text, values)).rows,
    async boot() {
      const client = await planned.live.connect();
      try {
        await migrate(drizzle(client), { migrationsFolder: planned.target.migrations });
      } finally {
        await client.end();
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      const { rows } = await server.query<{ name: string }>(
        'SELECT datname AS name FROM pg_database WHERE datname LIKE $1',
        [`${planned.live.name}\\_%`],
      );
      for (const { name } of rows)
        await server.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
      await server.end();
      await planned.close();
    },
  };
  await mkdir(planned.target.rollbacks, { recursive: true });
  await addMigration(planned);
  await room.boot();
  await room.sql("INSERT INTO rooms (name) SELECT 'younger ' || n FROM generate_series(1, 7) n");
  return room;
}

/** One that the backup lacks. */
async function addMigration({ target }: PlannedRollback): Promise<void> {
  await writeFile(
    path.join(target.migrations, `${NEWER}.sql`),
    'CREATE TABLE invites (id int PRIMARY KEY)',
  );
  const file = path.join(target.migrations, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(file, 'utf8'));
  const last = journal.entries.at(-1);
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag: NEWER });
  await writeFile(file, JSON.stringify(journal));
}
