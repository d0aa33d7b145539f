import { and, desc, eq, ne } from 'drizzle-orm';
import type pg from 'pg';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import {
  appendEvent,
  type Ctx,
  enqueueJob,
  findRollback,
  installationId,
  inTransaction,
  type JobPayloads,
  loadFacts,
  type RollbackFacts,
  requireAction,
  tables,
} from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import type { Blocker } from '@/lib/core/events';
import { rollbackLabel } from '@/lib/core/rollback';
import { readIdentity, SQLSTATE, sqlstateOf, withTarget } from '@/lib/target';
import { isAnswered } from './forgotten-terminations';
import { applicationName } from './run-session';
import { BACKEND_START_SQL } from './session-watch';

const { runs, rollbackEvents } = tables;

export const terminateBlockerInput = z.object({
  rollback: z.string(),
  pid: z.number().int().positive(),
  /** As the run has told it: numbers of processes are used again. */
  backendStart: z.string().min(1),
});

/** Longer than the longest usual pause between two attempts of a step. */
const NEXT_ATTEMPT_MS = 8_000;
/** All of what is asked of the target, the waits for the next attempt and for the end included. */
const TIME_LIMIT_MS = 25_000;
/** A session that is told to end rolls back first. */
const END_PATIENCE_MS = 10_000;

/**
 * Asks the executor to end a session that the run waits for. Only one that the run has named may be
 * meant.
 * @throws BackstepError `forbidden`, `gate_closed`, `conflict` when the run does not wait for it now
 */
export async function terminateBlocker(
  ctx: Ctx,
  input: z.infer<typeof terminateBlockerInput>,
): Promise<void> {
  requirePermission(ctx.actor, 'run.terminate_blocker');
  const rollbackId = findRollback(input.rollback);
  await inTransaction(ctx, async (tx) => {
    const facts = await loadFacts(tx, rollbackId, { lock: true });
    requireAction(facts, 'terminate_blocker', tx.actor);
    const run = await currentRun(tx, rollbackId);
    const blocker = run && (await namedBlocker(tx, run.id, input));
    if (!run || !blocker)
      throw new ConflictError(`Session ${input.pid} does not hold up the run any more.`);
    const { pid, applicationName: application, user } = blocker;
    const by = tx.actor.name;
    const requested = { pid, applicationName: application, by };
    const seq = await appendEvent(tx, rollbackId, 'blocker.terminate_requested', requested, run.id);
    await enqueueJob(tx, 'terminate_blocker', {
      rollbackId,
      pid,
      backendStart: input.backendStart,
      requestedBy: by,
      seq,
    });
    await appendAudit(tx, {
      action: 'run.terminate_blocker',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: 'done',
      payload: { pid, backend_start: input.backendStart, application, user },
    });
  });
}

/**
 * Ends the session on the target, if it blocks the run at this moment; the executor's part. Of a request that
 * was answered meanwhile, because nobody came to it, nothing is done any more.
 */
export async function performTermination(
  ctx: Ctx,
  asked: JobPayloads['terminate_blocker'],
): Promise<void> {
  const { rollbackId, pid, requestedBy: by } = asked;
  if (await isAnswered(ctx, asked)) return;
  const facts = await loadFacts(ctx, rollbackId);
  const run = await currentRun(ctx, rollbackId);
  const result: Result = run
    ? await terminate(ctx, facts, run.epoch, asked)
    : { ended: false, message: 'The run has ended meanwhile.' };
  await inTransaction(ctx, async (tx) => {
    if (result.ended) {
      const { applicationName: application } = result;
      const ended = { pid, applicationName: application, by };
      await appendEvent(tx, rollbackId, 'blocker.terminated', ended, run?.id ?? null);
    } else {
      const failed = { pid, message: result.message };
      await appendEvent(tx, rollbackId, 'blocker.terminate_failed', failed, run?.id ?? null);
    }
    await appendAudit(tx, {
      action: 'run.blocker_terminated',
      subject: rollbackLabel(rollbackId),
      target: facts.row.target,
      outcome: result.ended ? 'done' : 'failed',
      payload: {
        pid,
        backend_start: asked.backendStart,
        requested_by: by,
        ...(result.ended ? { application: result.applicationName } : { message: result.message }),
      },
    });
  });
}

type Result = { ended: true; applicationName: string } | { ended: false; message: string };

async function currentRun(
  ctx: Pick<Ctx, 'db'>,
  rollbackId: number,
): Promise<{ id: number; epoch: number } | undefined> {
  const [run] = await ctx.db
    .select({ id: runs.id, epoch: runs.epoch })
    .from(runs)
    .where(and(eq(runs.rollbackId, rollbackId), ne(runs.state, 'finished')));
  return run;
}

/** The session among those of which the run has said last that it waits for them. */
async function namedBlocker(
  ctx: Pick<Ctx, 'db'>,
  runId: number,
  { pid, backendStart }: { pid: number; backendStart: string },
): Promise<Blocker | undefined> {
  const [last] = await ctx.db
    .select({ payload: rollbackEvents.payload })
    .from(rollbackEvents)
    .where(and(eq(rollbackEvents.runId, runId), eq(rollbackEvents.kind, 'lock.waiting')))
    .orderBy(desc(rollbackEvents.seq))
    .limit(1);
  const { blockers } = (last?.payload ?? { blockers: [] }) as { blockers: Blocker[] };
  return blockers.find((named) => named.pid === pid && named.backendStart === backendStart);
}

async function terminate(
  ctx: Ctx,
  { row, target }: RollbackFacts,
  epoch: number,
  { pid, backendStart }: { pid: number; backendStart: string },
): Promise<Result> {
  const session = applicationName(await installationId(ctx), row.id, epoch);
  const { database } = row.plan;
  try {
    const application = await withTarget(
      target,
      'write',
      async (client) => {
        const identity = await readIdentity(client);
        if (
          identity.systemIdentifier !== database.systemIdentifier ||
          identity.name !== database.name
        ) {
          throw refused('The configuration leads to another database than the run is on.');
        }
        return await endBlocker(client, session, { pid, backendStart });
      },
      { applicationName: `backstep terminate ${row.id}`, timeLimitMs: TIME_LIMIT_MS },
    );
    return { ended: true, applicationName: application };
  } catch (cause) {
    const { message } = cause as Error;
    return {
      ended: false,
      message:
        cause instanceof BackstepError ? message : `Session ${pid} could not be ended: ${message}.`,
    };
  }
}

const refused = (message: string): BackstepError => new BackstepError('refused', message);

const FIND_SQL = `
  SELECT coalesce(a.application_name, '') AS application_name, coalesce(a.usename::text, '') AS username,
         ${BACKEND_START_SQL} AS backend_start,
         EXISTS (SELECT FROM pg_catalog.pg_stat_activity r
                  WHERE r.application_name = $2 AND r.datname = current_database()
                    AND a.pid = ANY (pg_catalog.pg_blocking_pids(r.pid))) AS blocks
    FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1`;

// The same conditions once more: between a look and the act, the number may have become another's.
const TERMINATE_SQL = `
  SELECT pg_catalog.pg_terminate_backend(f.pid) FROM (
    SELECT a.pid FROM pg_catalog.pg_stat_activity a
     WHERE a.pid = $1 AND ${BACKEND_START_SQL} = $3
       AND NOT pg_catalog.starts_with(a.application_name, 'backstep ')
       AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity r
                    WHERE r.application_name = $2 AND r.datname = current_database()
                      AND a.pid = ANY (pg_catalog.pg_blocking_pids(r.pid)))
    OFFSET 0) f`;

interface Found {
  application_name: string;
  username: string;
  backend_start: string | null;
  blocks: boolean;
}

/**
 * Between two attempts of a step nothing waits, and whoever has pressed the button could not know: the
 * session is looked at until it is in the way again.
 */
async function findBlocker(
  client: pg.Client,
  runSession: string,
  { pid, backendStart }: { pid: number; backendStart: string },
): Promise<Found | undefined> {
  const until = performance.now() + NEXT_ATTEMPT_MS;
  for (;;) {
    const [found] = (await client.query<Found>(FIND_SQL, [pid, runSession])).rows;
    const mayCome =
      found?.backend_start === backendStart &&
      !found.blocks &&
      !found.application_name.startsWith('backstep ');
    if (!mayCome || performance.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** @returns the application name of the session, which is gone now */
async function endBlocker(
  client: pg.Client,
  runSession: string,
  { pid, backendStart }: { pid: number; backendStart: string },
): Promise<string> {
  const found = await findBlocker(client, runSession, { pid, backendStart });
  if (found && found.backend_start === null)
    throw refused(
      `The role may not see when session ${pid} began, so it can’t be told from a later one with the same number. Grant it the role pg_read_all_stats, or have somebody end the session by hand.`,
    );
  if (!found || found.backend_start !== backendStart)
    throw refused(`Session ${pid} has ended meanwhile.`);
  if (found.application_name.startsWith('backstep '))
    throw refused(
      `Session ${pid} is Backstep’s own (${found.application_name}). Let it finish, or stop it where it was started.`,
    );
  if (!found.blocks) throw refused(`Session ${pid} does not hold up the run any more.`);
  try {
    const { rowCount } = await client.query(TERMINATE_SQL, [pid, runSession, backendStart]);
    if (rowCount === 0) throw refused(`Session ${pid} does not hold up the run any more.`);
  } catch (cause) {
    if (sqlstateOf(cause) !== SQLSTATE.insufficientPrivilege) throw cause;
    throw refused(
      `The role may not end session ${pid} of ${found.username}: for that it needs the role pg_signal_backend, and only a superuser may end a superuser’s. Grant it, or have somebody run SELECT pg_terminate_backend(${pid});`,
    );
  }
  if (!(await isGone(client, pid, backendStart)))
    throw refused(
      `Session ${pid} was told to end and is still there after ${END_PATIENCE_MS / 1_000} s: it may be undoing much, or waiting for its disk.`,
    );
  return found.application_name;
}

async function isGone(client: pg.Client, pid: number, backendStart: string): Promise<boolean> {
  const until = performance.now() + END_PATIENCE_MS;
  while (performance.now() < until) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1 AND ${BACKEND_START_SQL} = $2`,
      [pid, backendStart],
    );
    if (rowCount === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
