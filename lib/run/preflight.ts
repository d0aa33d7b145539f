import { eq } from 'drizzle-orm';
import { appendAudit, historyUnwritable } from '@/lib/audit';
import { fingerprint } from '@/lib/catalog';
import { type Ctx, inTransaction, type RollbackFacts, tables } from '@/lib/control';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { PlanCheck } from '@/lib/core/evidence';
import { approvalGate, backupGate, dangersGate, rehearsalGate } from '@/lib/core/gates';
import { isInside } from '@/lib/core/parts';
import { rollbackLabel } from '@/lib/core/rollback';
import { type DatabaseIdentity, readIdentity, readTracking } from '@/lib/target';
import { rowsAfter, sameRows } from '@/lib/undo';
import { endEarlierSessions } from './end-session';
import { findWay, wayInWords } from './find-way';
import { rescuePlace } from './rescue-place';
import { type Guard, readRights } from './rights';
import { type RunSession, takeSessionLock } from './run-session';

const { backups } = tables;

/** What other rooms know, handed in by the executor. */
export interface PreflightDeps {
  /** With `live: false` the files alone: the database is looked at on the run's own session. */
  checkPlan(ctx: Ctx, rollbackId: number, options: { live: false }): Promise<PlanCheck>;
  confirmBackup(
    ctx: Ctx,
    input: { backup: { id: number }; identity: DatabaseIdentity },
  ): Promise<{ ok: boolean; reason?: string; evidence?: string }>;
}

/** What a run that may start begins with. */
export interface Cleared {
  /** The live schema before the first statement. */
  before: CatalogSnapshot;
  guard: Guard;
}

export interface PreflightReport {
  tell(name: string, ok: boolean, evidence: string): void;
  /** @throws EpochLostError when another executor owns the run by now */
  stillOurs(): Promise<unknown>;
}

/**
 * Everything that must be true before the first statement. Each check is told as it is made; the
 * first one that fails ends the run with nothing changed.
 * @returns the live schema before the first statement, and which guard stands after it
 * @throws BackstepError `preflight_failed` with what to do; EpochLostError
 */
export async function preflight(
  ctx: Ctx,
  facts: RollbackFacts,
  session: RunSession,
  deps: PreflightDeps,
  report: PreflightReport,
): Promise<Cleared> {
  const asides = new Asides();
  try {
    // Reads on connections of its own, while the session is looked at.
    const planCheck = asides.begin(deps.checkPlan(ctx, facts.row.id, { live: false }));
    return await checks(ctx, facts, session, { ...deps, planCheck, asides }, report);
  } finally {
    await asides.over();
  }
}

/** Work that goes on beside the checks and is awaited where its turn comes, or at the latest at the end. */
class Asides {
  private readonly begun: Promise<unknown>[] = [];

  begin<T>(work: Promise<T>): Promise<T> {
    this.begun.push(work.catch(() => undefined));
    return work;
  }

  async over(): Promise<void> {
    await Promise.all(this.begun);
  }
}

async function checks(
  ctx: Ctx,
  facts: RollbackFacts,
  session: RunSession,
  deps: PreflightDeps & { planCheck: Promise<PlanCheck>; asides: Asides },
  { tell, stillOurs }: PreflightReport,
): Promise<Cleared> {
  const { plan } = facts.row;
  const check = (name: string, problem: string | null, evidence: string) => {
    tell(name, problem === null, problem ?? evidence);
    if (problem !== null) {
      throw new BackstepError('preflight_failed', problem, { details: { check: name } });
    }
  };

  const identity = await readIdentity(session.client);
  check(
    'Right database',
    wrongDatabase(identity, facts),
    `${identity.name}, PostgreSQL ${identity.serverVersion}`,
  );
  const backup = facts.input.backup;
  const confirmed = backup && deps.asides.begin(deps.confirmBackup(ctx, { backup, identity }));

  const way = await findWay(session, facts.target);
  check('Direct connection', ...wayInWords(way));

  let locked = await takeSessionLock(session, plan.tracking);
  if (!locked) {
    // Left by a run of this rollback whose connection was lost in the checks before it. Or the run of whoever
    // has taken over, while this executor stood still before it opened its session.
    await stillOurs();
    await endEarlierSessions(ctx, session, facts.row.id);
    locked = await takeSessionLock(session, plan.tracking);
  }
  // No other run changes it from here on.
  if (locked) session.schema.readAhead({ whole: true });
  check(
    'No other run',
    locked ? null : 'Another Backstep run holds the lock of this target. Wait until it has ended.',
    'session lock taken',
  );

  const { missing, guard } = await readRights(
    session.client,
    facts.target,
    plan,
    facts.row.stepsDone,
  );
  check('Rights of the role', missing, `${identity.user} may change every object of the plan`);
  check('Re-apply guard', null, guardEvidence(guard));
  const rescue = await rescuePlace(session.client, facts);
  if (rescue) check('Rescue copies', ...rescue);

  const rows = await readTracking(session.client, plan.tracking);
  const expected = rowsAfter(plan.rows, plan.steps, facts.row.stepsDone);
  check(
    'Tracking rows',
    sameRows(rows, expected)
      ? null
      : `The tracking table has ${rows.length} rows that are not the ${expected.length} of the plan: something migrated since. Create a new rollback from the state of today.`,
    `${rows.length} rows, as pinned`,
  );

  const before = await session.schema.read({ whole: true });
  const found = fingerprint(before);
  check('Live schema', ...liveSchema(facts, found));

  const [changed] = (await deps.planCheck).changes;
  check(
    'Files as approved',
    notAsApproved(facts) ??
      (changed ? `${changed.message} The pinned plan no longer stands for the files.` : null),
    `${plan.steps.length} rollback files equal the pinned bytes`,
  );

  for (const [name, gate, evidence] of [
    ['Rehearsal', rehearsalGate(facts.input), 'passed for this digest'],
    ['Dangers', dangersGate(facts.input), dangersRead(facts)],
    ['Approval', approvalGate(facts.input), 'valid for this digest'],
    ['Backup', backupGate(facts.input), facts.input.backup?.label ?? ''],
  ] as const) {
    check(name, gate.open ? null : (gate.reason ?? 'The gate is closed.'), evidence);
  }

  if (backup) {
    check(
      'Backup of this schema',
      backup.method !== 'pg_dump' || (await coversPlan(ctx, backup.id, facts, found))
        ? null
        : `${backup.label} was taken of another schema than the one of the plan: something migrated in between. Take another backup.`,
      backup.method === 'pg_dump'
        ? `${backup.label} holds what the plan undoes`
        : `not compared: ${backup.label} can’t be read`,
    );
    const result = await confirmed;
    check(
      'Backup still whole',
      result?.ok
        ? null
        : `${backup.label}: ${result?.reason ?? 'not confirmed'} Take another backup.`,
      `${backup.label}, ${result?.evidence ?? 'every file has its checksum'}`,
    );
  }

  check('History writable', await notRecordable(ctx, facts), 'this run is recorded');
  return { before, guard };
}

function guardEvidence(guard: Guard): string {
  return guard.kind === 'trigger'
    ? 'the fence goes up with the first step'
    : `no fence: the tracking table is watched instead. ${guard.why}`;
}

function wrongDatabase(identity: DatabaseIdentity, facts: RollbackFacts): string | null {
  const { database } = facts.row.plan;
  if (identity.inRecovery)
    return 'This server is a standby and takes no changes. Point url at the primary.';
  if (identity.systemIdentifier !== database.systemIdentifier || identity.name !== database.name)
    return `This is another database than the plan was made for: ${identity.name} on system ${identity.systemIdentifier}. Check url in the configuration.`;
  return null;
}

/**
 * A backup outlives a plan that is pinned again. It must be of the schema that the plan starts from,
 * or of what a step of this rollback has left.
 */
async function coversPlan(
  ctx: Ctx,
  backupId: number,
  facts: RollbackFacts,
  found: string,
): Promise<boolean> {
  const [row] = await ctx.db
    .select({ manifest: backups.manifest })
    .from(backups)
    .where(eq(backups.id, backupId));
  const schemas = [
    facts.row.plan.schemaFingerprint,
    found,
    ...facts.steps.map((step) => step.verification?.foundFingerprint),
  ];
  return row?.manifest != null && schemas.includes(row.manifest.schemaFingerprint);
}

/** People have approved the digest; what runs is the plan. */
function notAsApproved(facts: RollbackFacts): string | null {
  return sha256Hex(canonicalJson(facts.row.plan)) === facts.row.planDigest
    ? null
    : 'The pinned plan is not the one that its digest was made of: it was changed in the control database. Create a new rollback.';
}

/** Before the first step the pinned schema must be there; on resume, what the last step left. */
function liveSchema(
  facts: RollbackFacts,
  found: string,
): [problem: string | null, evidence: string] {
  const { stepsDone } = facts.row;
  // Inside a step of several parts, no rehearsal knows the schema; the parts are looked at one by one.
  if (isInside(facts.steps[stepsDone]))
    return [null, `in the middle of step ${stepsDone + 1}, which the run finishes`];
  const expected =
    stepsDone === 0
      ? facts.row.plan.schemaFingerprint
      : facts.steps[stepsDone - 1]?.verification?.foundFingerprint;
  // A step whose commit was only found out afterwards, on an unreachable target, has no fingerprint;
  // its tracking row, checked before, is what is known of it.
  if (!expected)
    return [null, 'not compared: what the last step left was never seen; its tracking row is gone'];
  return [
    found === expected
      ? null
      : 'The live schema is not the one that was planned for: something changed it since. Create a new rollback from the state of today.',
    `fingerprint ${found.slice(0, 12)}, as expected`,
  ];
}

/** A run that can't be recorded does not start. @returns why the history takes no row; null when it does */
async function notRecordable(ctx: Ctx, facts: RollbackFacts): Promise<string | null> {
  try {
    await inTransaction(ctx, (tx) =>
      appendAudit(tx, {
        action: 'run.preflight',
        subject: rollbackLabel(facts.row.id),
        target: facts.row.target,
        outcome: 'done',
        payload: { digest: facts.row.planDigest, steps_done: facts.row.stepsDone },
      }),
    );
    return null;
  } catch (cause) {
    return historyUnwritable(cause).message;
  }
}

function dangersRead({ input }: RollbackFacts): string {
  const count = input.dangers.length;
  if (count === 0) return 'none found';
  return count === 1 ? 'one, acknowledged' : `${count}, each acknowledged`;
}
