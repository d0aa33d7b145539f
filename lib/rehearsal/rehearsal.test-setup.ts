import { asc, eq } from 'drizzle-orm';
import pg from 'pg';
import { readEvents, tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { findClientTool } from '@/lib/embedded';
import { adminUrl } from '@/lib/testing/database';
import { allExact } from '@/lib/testing/evidence';
import type { PlannedRollback, TestMigration } from '@/lib/testing/planned-rollback';
import { type PerformedRehearsal, queueRehearsal, type RehearsalDeps, rehearse } from '.';

export const MIGRATIONS: TestMigration[] = [
  {
    tag: '0000_rooms',
    up: ['CREATE TABLE rooms (id serial PRIMARY KEY, name text NOT NULL)'],
    down: ['DROP TABLE rooms'],
  },
  {
    tag: '0001_tasks',
    up: [
      "CREATE TYPE task_state AS ENUM ('open', 'done')",
      'CREATE TABLE tasks (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES rooms, state task_state NOT NULL)',
    ],
    down: ['DROP TABLE tasks', 'DROP TYPE task_state'],
  },
  {
    tag: '0002_due_date',
    up: ['ALTER TABLE tasks ADD COLUMN due_date timestamptz'],
    down: ['ALTER TABLE tasks DROP COLUMN due_date'],
  },
  {
    tag: '0003_room_names',
    up: ['CREATE UNIQUE INDEX rooms_name_idx ON rooms (name)'],
    down: ['DROP INDEX rooms_name_idx'],
  },
];

export const EXECUTOR = '00000000-0000-4000-8000-000000000001';

export const systemCtx = (planned: PlannedRollback) => planned.as(SYSTEM_ACTOR);

export async function queue(planned: PlannedRollback): Promise<number> {
  const [row] = await planned.control.db
    .select({ digest: tables.rollbacks.planDigest })
    .from(tables.rollbacks)
    .where(eq(tables.rollbacks.id, planned.rollbackId));
  return queueRehearsal(systemCtx(planned), planned.rollbackId, row?.digest ?? '');
}

export function perform(
  planned: PlannedRollback,
  rehearsalId: number,
  more: Partial<RehearsalDeps> = {},
): Promise<PerformedRehearsal> {
  return rehearse(
    systemCtx(planned),
    { rehearsalId },
    {
      executorId: EXECUTOR,
      scratchUrl: adminUrl(),
      signal: new AbortController().signal,
      findTool: findClientTool,
      proveSteps: allExact,
      ...more,
    },
  );
}

export async function rehearsalRow(planned: PlannedRollback, id: number) {
  const [row] = await planned.control.db
    .select()
    .from(tables.rehearsals)
    .where(eq(tables.rehearsals.id, id));
  if (!row) throw new Error(`there is no rehearsal ${id}`);
  return row;
}

export async function eventsOf(planned: PlannedRollback, kind: string) {
  const events = await readEvents(systemCtx(planned), planned.rollbackId);
  return events.filter((event) => event.kind === kind);
}

export async function auditOf(planned: PlannedRollback) {
  return planned.control.db.select().from(tables.auditLog).orderBy(asc(tables.auditLog.seq));
}

export async function asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Scratch databases of this installation: other test files rehearse on the same server. */
export async function scratchDatabases(planned: PlannedRollback): Promise<string[]> {
  const { rows: installation } = await planned.control.pool.query<{ prefix: string }>(
    `SELECT 'backstep_rehearsal_' || substr(encode(sha256((system_identifier || '/' || d.oid)::bytea), 'hex'), 1, 8) || '_' AS prefix
       FROM pg_control_system(), pg_database d WHERE d.datname = current_database()`,
  );
  return asAdmin(async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1',
      [installation[0]?.prefix],
    );
    return rows.map((row) => row.name);
  });
}
