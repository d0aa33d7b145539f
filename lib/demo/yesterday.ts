import path from 'node:path';
import { and, eq, inArray, sql } from 'drizzle-orm';
import pg from 'pg';
import { applyMigrations } from '@/examples/agentim/apply';
import { writeSince } from '@/examples/agentim/seed';
import { interruptOrphanedBackups, performBackup, requestTargetBackup } from '@/lib/backup';
import { type Control, type Ctx, queueTestRestore, systemContext, tables } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import type { Config } from '@/lib/core/policy';
import { findClientTool } from '@/lib/embedded';

/** Comment of a sample that has not lived through the day yet; the end of the day takes it away. */
export const YESTERDAY = 'A sample of Backstep’s demo, as it was yesterday';

/** The newest migration of the release before the one that production has now. */
export const BACKED_UP_HEAD = 32;
const PRODUCTION_HEAD = 35;

const TARGET = 'agentim-production';

/**
 * Takes the place of an executor: none runs yet. Always the same, so that a start finds what an earlier one
 * was interrupted at; two demos never share a control database at the same time.
 */
const TAKER = '7e57da7a-0000-4000-8000-000000000001';

export interface Day {
  control: Control;
  config: Config;
  /** Of the production sample. */
  url: string;
  root: string;
}

/**
 * Lets a day pass over a fresh production sample: its backup is taken, the next release migrates it, people
 * write. Each part is found again by a start that follows an interrupted one; a sample without the mark is
 * left as it is.
 * @returns why there is no backup, if there is none
 * @throws what PostgreSQL or the file system says
 */
export async function liveThroughTheDay(day: Day): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: day.url });
  await client.connect();
  try {
    if (!(await isAsYesterday(client))) return undefined;
    const missing = await takeBackup(day);
    await applyMigrations(day.url, {
      folder: path.join(day.root, 'examples', 'agentim', 'drizzle'),
      to: PRODUCTION_HEAD,
    });
    await client.query('BEGIN');
    await writeSince(client);
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    await client.query(`COMMENT ON DATABASE ${pg.escapeIdentifier(rows[0]?.name ?? '')} IS NULL`);
    await client.query('COMMIT');
    await client.query('ANALYZE');
    return missing;
  } finally {
    await client.end();
  }
}

async function isAsYesterday(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mark: string | null }>(
    `SELECT pg_catalog.shobj_description(d.oid, 'pg_database') AS mark
       FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`,
  );
  return rows[0]?.mark === YESTERDAY;
}

/** @returns why it could not be taken */
async function takeBackup({ control, config }: Day): Promise<string | undefined> {
  const { backups } = tables;
  const system = systemContext(control, config);
  await interruptOrphanedBackups(system, [TAKER]);
  const earlier = await control.db
    .select({ id: backups.id, state: backups.state, error: backups.error })
    .from(backups)
    .where(and(eq(backups.target, TARGET), inArray(backups.state, ['queued', 'passed', 'failed'])));
  const done = earlier.find(({ state }) => state !== 'queued');
  const backupId =
    done?.id ??
    earlier[0]?.id ??
    (await requestTargetBackup({ ...system, actor: await admin(control) }, { target: TARGET }))
      .backupId;
  if (!done)
    // The test restore that the policy wants is queued with it; the executor begins with that.
    await performBackup(
      system,
      { backupId },
      {
        executorId: TAKER,
        findTool: findClientTool,
        signal: new AbortController().signal,
        queueTestRestore,
      },
    );
  return dateBack(system, backupId);
}

/**
 * Moves the times of the backup back by a day, once. All else about it is as it was taken; the history is
 * not rewritten, and has the hour at which the demo took it.
 */
async function dateBack({ db }: Ctx, backupId: number): Promise<string | undefined> {
  const { backups } = tables;
  const earlier = (column: typeof backups.queuedAt | typeof backups.snapshotAt) =>
    sql`${column} - interval '1 day'`;
  await db
    .update(backups)
    .set({
      queuedAt: earlier(backups.queuedAt),
      startedAt: earlier(backups.startedAt),
      snapshotAt: earlier(backups.snapshotAt),
      finishedAt: earlier(backups.finishedAt),
    })
    .where(
      and(
        eq(backups.id, backupId),
        eq(backups.state, 'passed'),
        sql`${backups.snapshotAt} > clock_timestamp() - interval '12 hours'`,
      ),
    );
  const [row] = await db
    .select({ state: backups.state, error: backups.error })
    .from(backups)
    .where(eq(backups.id, backupId));
  return row?.state === 'passed' ? undefined : (row?.error ?? 'It was not taken.');
}

async function admin({ db }: Control): Promise<Actor> {
  const { users } = tables;
  const [person] = await db
    .select({ id: users.id, name: users.name, email: users.email, role: users.role })
    .from(users)
    .where(eq(users.role, 'admin'))
    .orderBy(users.createdAt)
    .limit(1);
  if (!person) throw new Error('the demo has no administrator');
  return { kind: 'user', ...person };
}
