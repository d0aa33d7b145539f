import type pg from 'pg';
import { snapshotCatalog } from '@/lib/catalog';
import { type Ctx, loadFacts, type RollbackFacts } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { rollbackLabel } from '@/lib/core/rollback';
import {
  closeTarget,
  type DatabaseIdentity,
  openTarget,
  readFence,
  readIdentity,
  readTracking,
} from '@/lib/target';
import { stoppedEnd } from './ends';
import type { RunRecord } from './run-record';
import { applicationPrefix } from './run-session';
import { verifyStep } from './verify-step';

const CONNECT_ATTEMPTS = 3;
const CONNECT_PAUSE_MS = 1_000;
/** A terminated session needs a moment to roll back; a big one needs longer, and is asked again. */
const ORPHAN_PATIENCE_MS = 10_000;

type Answer = { known: true; committed: boolean } | { known: false; why: string };

/**
 * Finds out what became of a run whose session is gone, and writes it down: ends what is left of the
 * session, then asks the target for the step's transaction and its tracking row. Nothing is retried.
 */
export async function settle(ctx: Ctx, rollbackId: number, record: RunRecord): Promise<void> {
  const facts = await loadFacts(ctx, rollbackId);
  let client: pg.Client;
  try {
    client = await connect(facts);
  } catch (cause) {
    await unknown(facts, record, `The target does not answer: ${(cause as Error).message}`);
    return;
  }
  try {
    const hindrance = await endSession(client, facts);
    // Only now: a living session could still have recorded its id and committed.
    const xid = await recordedXid(ctx, facts);
    const answer: Answer = hindrance
      ? { known: false, why: hindrance }
      : await askTarget(client, facts, xid).catch(noAnswer);
    if (!answer.known) await unknown(facts, record, answer.why);
    else await settled(client, facts, record, answer.committed);
  } finally {
    await closeTarget(client);
  }
}

async function connect(facts: RollbackFacts): Promise<pg.Client> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openTarget(facts.target, 'write', {
        applicationName: `backstep settle ${facts.row.id}`,
      });
    } catch (cause) {
      if (attempt >= CONNECT_ATTEMPTS) throw cause;
      await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
    }
  }
}

/** @returns why the target can't be asked yet; null when nothing of the run is left there */
async function endSession(client: pg.Client, facts: RollbackFacts): Promise<string | null> {
  try {
    const elsewhere = otherDatabase(await readIdentity(client), facts);
    if (elsewhere) return elsewhere;
    const left = await endOrphans(client, facts.row.id);
    return left > 0 ? 'The old session of the run has not ended yet.' : null;
  } catch (cause) {
    return noAnswer(cause).why;
  }
}

function noAnswer(cause: unknown): { known: false; why: string } {
  const { message } = cause as Error;
  return {
    known: false,
    why: cause instanceof BackstepError ? message : `The target can’t be asked: ${message}.`,
  };
}

/** The configuration may have changed since, and another database's rows would tell a wrong story. */
function otherDatabase(identity: DatabaseIdentity, facts: RollbackFacts): string | null {
  const { database } = facts.row.plan;
  if (identity.systemIdentifier !== database.systemIdentifier || identity.name !== database.name)
    return `The configuration leads to another database than the run was on: ${identity.name} on system ${identity.systemIdentifier}. Put url back.`;
  if (identity.inRecovery)
    return 'The configuration leads to a standby, which may lag behind. Point url at the primary.';
  return null;
}

/** @returns how many sessions of this run are still there */
async function endOrphans(client: pg.Client, rollbackId: number): Promise<number> {
  const until = performance.now() + ORPHAN_PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid, pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
       WHERE pg_catalog.starts_with(application_name, $1) AND datname = current_database()
         AND pid <> pg_catalog.pg_backend_pid()`,
      [applicationPrefix(rollbackId)],
    );
    if (rows.length === 0 || performance.now() > until) return rows.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The step in doubt is the first that is not counted as done. */
async function askTarget(
  client: pg.Client,
  facts: RollbackFacts,
  xid: string | null,
): Promise<Answer> {
  const { plan, stepsDone } = facts.row;
  const step = plan.steps[stepsDone];
  if (!step) return { known: true, committed: false };
  const rows = await readTracking(client, plan.tracking);
  const present = rows.some(
    (row) =>
      row.id === step.row.id && row.hash === step.row.hash && row.createdAt === step.row.createdAt,
  );
  // The id is recorded before COMMIT is sent. Without one, no COMMIT of ours took the row away.
  if (xid === null && !present) {
    return {
      known: false,
      why: `The step was never committed, yet the tracking row of ${step.tag} is gone: somebody removed it. Compare the schema by hand.`,
    };
  }
  const status = xid === null ? null : await transactionStatus(client, xid);
  if (status === 'in progress')
    return { known: false, why: 'The transaction of the step is still open.' };
  if (status === 'committed' && present) {
    return {
      known: false,
      why: `The step was committed, yet the tracking row of ${step.tag} is there: it was applied again meanwhile. Stop what boots the newer release, then compare the schema by hand.`,
    };
  }
  if (status === 'aborted' && !present) {
    return {
      known: false,
      why: `The step was rolled back, yet the tracking row of ${step.tag} is gone: somebody removed it. Compare the schema by hand.`,
    };
  }
  return { known: true, committed: !present };
}

async function recordedXid(ctx: Ctx, facts: RollbackFacts): Promise<string | null> {
  const row = await ctx.db.query.rollbackSteps.findFirst({
    columns: { xid: true },
    where: (steps, { and, eq }) =>
      and(eq(steps.rollbackId, facts.row.id), eq(steps.position, facts.row.stepsDone)),
  });
  return row?.xid ?? null;
}

/** Null when the server no longer knows, or the id is not of this server's history. */
async function transactionStatus(client: pg.Client, xid: string): Promise<string | null> {
  try {
    const { rows } = await client.query<{ status: string | null }>(
      'SELECT pg_catalog.txid_status($1::bigint) AS status',
      [xid],
    );
    return rows[0]?.status ?? null;
  } catch {
    return null;
  }
}

async function settled(
  client: pg.Client,
  facts: RollbackFacts,
  record: RunRecord,
  committed: boolean,
): Promise<void> {
  const { plan, stepsDone, stepsTotal } = facts.row;
  const step = plan.steps[stepsDone];
  let done = stepsDone;
  let verified = facts.steps.every(
    (evidence) => evidence.status !== 'committed' || evidence.verification?.ok === true,
  );
  if (committed && step) {
    const fence = await readFence(client, plan.tracking);
    await record.stepCommitted(stepsDone, {
      tag: step.tag,
      durationMs: 0,
      fenceHead: fence?.rollback === rollbackLabel(facts.row.id) ? plan.to.tag : null,
      reconciled: true,
    });
    done = stepsDone + 1;
    const after = await snapshotCatalog(client, { tracking: plan.tracking });
    const verification = verifyStep(null, after, facts.input.rehearsal?.result ?? null, stepsDone);
    verified &&= verification.ok;
    record.emit('run.reconciled', {
      position: stepsDone,
      committed: true,
      message: `${step.tag} was committed before the run broke off.`,
    });
    await record.stepVerified(stepsDone, verification, 0);
  } else {
    record.emit('run.reconciled', {
      position: step ? stepsDone : null,
      committed: step ? false : null,
      message: step
        ? `The step of ${step.tag} was rolled back when the run broke off: ${step.tag} is still applied.`
        : 'Every step was done when the run broke off.',
    });
  }
  if (done === stepsTotal) {
    await record.finish({
      status: 'succeeded',
      outcome: verified ? 'changed_verified' : 'changed_unverified',
      done,
      total: stepsTotal,
      message: `The run broke off after its last step. The database is at ${plan.to.tag}.`,
    });
    return;
  }
  const at = done === 0 ? plan.from.tag : (plan.steps[done]?.tag ?? plan.from.tag);
  await record.finish({
    ...stoppedEnd(done, stepsTotal),
    message: `The run broke off and was looked into. The database is at ${at}, ${done} of ${stepsTotal} migrations undone. Resume to go on, or leave it here.`,
  });
}

async function unknown(facts: RollbackFacts, record: RunRecord, why: string): Promise<void> {
  if (facts.row.status === 'unknown') {
    await record.stayUnknown(why);
    return;
  }
  await record.finish({
    status: 'unknown',
    outcome: 'outcome_unknown',
    done: facts.row.stepsDone,
    total: facts.row.stepsTotal,
    message: `${why} Nothing more runs by itself; Backstep asks again every few seconds.`,
  });
}
