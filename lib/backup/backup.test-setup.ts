import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { asc, eq } from 'drizzle-orm';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { type Ctx, queueTestRestore, readEvents, tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { type BackupPolicy, DEFAULT_BACKUP_POLICY } from '@/lib/core/backup';
import { findClientTool } from '@/lib/embedded';
import { adminUrl } from '@/lib/testing/database';
import {
  type PlannedRollback,
  planRollback,
  type TestMigration,
} from '@/lib/testing/planned-rollback';
import { type BackupDeps, type PerformedBackup, performBackup, requestBackup } from '.';

export const MIGRATIONS: TestMigration[] = [
  {
    tag: '0000_rooms',
    up: [
      'CREATE TABLE rooms (id serial PRIMARY KEY, name text NOT NULL)',
      "INSERT INTO rooms (name) SELECT 'room ' || n FROM generate_series(1, 500) n",
      'CREATE TABLE messages (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES rooms, body text)',
      'INSERT INTO messages (room_id, body) SELECT 1 + n % 500, md5(n::text) FROM generate_series(1, 5000) n',
      'CREATE TABLE "odd name; -- x" (id int)',
    ],
    down: ['DROP TABLE messages', 'DROP TABLE rooms', 'DROP TABLE "odd name; -- x"'],
  },
  {
    tag: '0001_topic',
    up: ['ALTER TABLE rooms ADD COLUMN topic text'],
    down: ['ALTER TABLE rooms DROP COLUMN topic'],
  },
];

export const planBackup = (rules: Partial<BackupPolicy> = {}) =>
  planRollback({
    migrations: MIGRATIONS,
    undo: 1,
    policy: { backup: { ...DEFAULT_BACKUP_POLICY, ...rules } },
  });

async function serverMajor(): Promise<number> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  const { rows } = await client.query<{ major: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  await client.end();
  return rows[0]?.major ?? 0;
}

const SERVER_MAJOR = await serverMajor();

/** A real client program of this machine that fits the test server. */
export const realTool = async (name: 'pg_dump' | 'pg_restore'): Promise<string> =>
  (await findClientTool(name, { serverMajor: SERVER_MAJOR })).path;

/** A machine may have no pg_dump at all; the tests that need one then say so instead of failing. */
export const pgDumpFound: boolean = await realTool('pg_dump').then(
  () => true,
  () => false,
);

export const EXECUTOR = randomUUID();

export const systemCtx = (planned: PlannedRollback): Ctx => planned.as(SYSTEM_ACTOR);

export async function queueBackup(planned: PlannedRollback): Promise<number> {
  const { backupId } = await requestBackup(planned.as(planned.people.on_call), {
    rollback: planned.label,
  });
  return backupId;
}

export function perform(
  planned: PlannedRollback,
  backupId: number,
  more: Partial<BackupDeps> = {},
): Promise<PerformedBackup> {
  return performBackup(
    systemCtx(planned),
    { backupId },
    {
      executorId: EXECUTOR,
      findTool: findClientTool,
      signal: new AbortController().signal,
      queueTestRestore,
      ...more,
    },
  );
}

export async function backupRow(planned: PlannedRollback, id: number) {
  const [row] = await planned.control.db
    .select()
    .from(tables.backups)
    .where(eq(tables.backups.id, id));
  if (!row) throw new Error(`there is no backup ${id}`);
  return row;
}

export async function eventsOf(planned: PlannedRollback, kind: string) {
  const events = await readEvents(systemCtx(planned), planned.rollbackId);
  return events.filter((event) => event.kind === kind);
}

export async function auditOf(planned: PlannedRollback) {
  return planned.control.db.select().from(tables.auditLog).orderBy(asc(tables.auditLog.seq));
}

/** Puts a role of its own into the target's url. */
export async function connectAs(
  planned: PlannedRollback,
  role: string,
  password: string,
  attributes: string,
): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl() });
  await admin.connect();
  await admin.query(
    `CREATE ROLE ${pg.escapeIdentifier(role)} LOGIN ${attributes} PASSWORD ${pg.escapeLiteral(password)}`,
  );
  await admin.end();
  const url = new URL(planned.live.url);
  url.username = role;
  url.password = encodeURIComponent(password);
  planned.target.url = url.href;
  planned.target.readUrl = url.href;
}

/** A folder with shell scripts in place of the client programs. */
export async function fakeTools(folder: string, scripts: Record<string, string>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, body] of Object.entries(scripts)) {
    await writeFile(`${folder}/${name}`, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  return folder;
}

/**
 * Holds a table of the live database so that pg_dump waits, and tells when it does.
 * @param table one without indexes: those of a held table can't be printed, so that nothing begins
 */
export async function holdTable(planned: PlannedRollback, table = '"odd name; -- x"') {
  const holder = await planned.live.connect();
  await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  // Not the holder: inside a transaction pg_stat_activity stays as it was first seen.
  const watch = await planned.live.connect();
  const sessions = async (condition: string) => {
    const { rows } = await watch.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
        WHERE datname = current_database()
          AND application_name ~ '^backstep backup B-0001/[0-9a-f]{8}$' AND ${condition}`,
    );
    return rows[0]?.count;
  };
  return {
    pgDumpWaits: () =>
      vi.waitFor(
        async () =>
          expect(await sessions("wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'")).toBe(1),
        { timeout: 20_000, interval: 20 },
      ),
    sessionsEnd: () =>
      vi.waitFor(async () => expect(await sessions('true')).toBe(0), {
        timeout: 20_000,
        interval: 20,
      }),
    release: async () => {
      await holder.query('ROLLBACK');
      await Promise.all([holder.end(), watch.end()]);
    },
  };
}
