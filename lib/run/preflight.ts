import { eq } from 'drizzle-orm';
import { appendAudit } from '@/lib/audit';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { type Ctx, inTransaction, type RollbackFacts, tables } from '@/lib/control';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { PlanCheck } from '@/lib/core/evidence';
import { approvalGate, backupGate, dangersGate, rehearsalGate } from '@/lib/core/gates';
import { rollbackLabel } from '@/lib/core/rollback';
import { type DatabaseIdentity, readIdentity, readTracking } from '@/lib/target';
import { rowsAfter, sameRows } from '@/lib/undo';
import { missingRights } from './rights';
import { type RunSession, takeSessionLock } from './run-session';

const { backups } = tables;

/** What other rooms know, handed in by the executor. */
export interface PreflightDeps {
  checkPlan(ctx: Ctx, rollbackId: number): Promise<PlanCheck>;
  confirmBackup(
    ctx: Ctx,
    input: { backup: { id: number }; identity: DatabaseIdentity },
  ): Promise<{ ok: boolean; reason?: string }>;
}

export type TellCheck = (name: string, ok: boolean, evidence: string) => void;

/**
 * Everything that must be true before the first statement. Each check is told as it is made; the
 * first one that fails ends the run with nothing changed.
 * @returns the live schema before the first statement
 * @throws BackstepError `preflight_failed` with what to do
 */
export async function preflight(
  ctx: Ctx,
  facts: RollbackFacts,
  session: RunSession,
  deps: PreflightDeps,
  tell: TellCheck,
): Promise<CatalogSnapshot> {
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

  const watchPid = await backendPid(session);
  check(
    'Direct connection',
    watchPid === session.pid
      ? 'Two connections share one server session, so a transaction pooler is in between. Give the target a direct url.'
      : null,
    `server process ${session.pid}`,
  );

  const locked = await takeSessionLock(session, plan.tracking);
  check(
    'No other run',
    locked ? null : 'Another Backstep run holds the lock of this target. Wait until it has ended.',
    'session lock taken',
  );

  const missing = await missingRights(session.client, facts.target, plan, facts.row.stepsDone);
  check('Rights of the role', missing, `${identity.user} may change every object of the plan`);

  const rows = await readTracking(session.client, plan.tracking);
  const expected = rowsAfter(plan.rows, plan.steps, facts.row.stepsDone);
  check(
    'Tracking rows',
    sameRows(rows, expected)
      ? null
      : `The tracking table has ${rows.length} rows that are not the ${expected.length} of the plan: something migrated since. Create a new rollback from the state of today.`,
    `${rows.length} rows, as pinned`,
  );

  const before = await snapshotCatalog(session.client, { tracking: plan.tracking });
  check(
    'Live schema',
    schemaProblem(facts, before),
    `fingerprint ${fingerprint(before).slice(0, 12)}, as expected`,
  );

  const changes = (await deps.checkPlan(ctx, facts.row.id)).changes;
  check(
    'Files as approved',
    notAsApproved(facts) ??
      (changes[0] ? `${changes[0].message} The pinned plan no longer stands for the files.` : null),
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

  const backup = facts.input.backup;
  if (backup) {
    check(
      'Backup of this schema',
      (await coversPlan(ctx, backup.id, facts, before))
        ? null
        : `${backup.label} was taken of another schema than the one of the plan: something migrated in between. Take another backup.`,
      `${backup.label} holds what the plan undoes`,
    );
    const confirmed = await deps.confirmBackup(ctx, {
      backup,
      identity,
    });
    check(
      'Backup still whole',
      confirmed.ok
        ? null
        : `${backup.label}: ${confirmed.reason ?? 'not confirmed'} Take another backup.`,
      `${backup.label}, every file has its checksum`,
    );
  }

  await recordable(ctx, facts);
  check('History writable', null, 'this run is recorded');
  return before;
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
  before: CatalogSnapshot,
): Promise<boolean> {
  const [row] = await ctx.db
    .select({ manifest: backups.manifest })
    .from(backups)
    .where(eq(backups.id, backupId));
  const schemas = [
    facts.row.plan.schemaFingerprint,
    fingerprint(before),
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

async function backendPid(session: RunSession): Promise<number> {
  const { rows } = await session.watch.query<{ pid: number }>(
    'SELECT pg_catalog.pg_backend_pid() AS pid',
  );
  return rows[0]?.pid ?? 0;
}

/** Before the first step the pinned schema must be there; on resume, what the last step left. */
function schemaProblem(facts: RollbackFacts, before: CatalogSnapshot): string | null {
  const { stepsDone } = facts.row;
  const expected =
    stepsDone === 0
      ? facts.row.plan.schemaFingerprint
      : facts.steps[stepsDone - 1]?.verification?.foundFingerprint;
  // A step whose commit was only found out afterwards, on an unreachable target, has no fingerprint;
  // its tracking row, checked before, is what is known of it.
  if (!expected) return null;
  return fingerprint(before) === expected
    ? null
    : 'The live schema is not the one that was planned for: something changed it since. Create a new rollback from the state of today.';
}

/** A run that can't be recorded does not start. */
async function recordable(ctx: Ctx, facts: RollbackFacts): Promise<void> {
  await inTransaction(ctx, (tx) =>
    appendAudit(tx, {
      action: 'run.preflight',
      subject: rollbackLabel(facts.row.id),
      target: facts.row.target,
      outcome: 'done',
      payload: { digest: facts.row.planDigest, steps_done: facts.row.stepsDone },
    }),
  );
}

function dangersRead({ input }: RollbackFacts): string {
  const count = input.dangers.length;
  if (count === 0) return 'none found';
  return count === 1 ? 'one, acknowledged' : `${count}, each acknowledged`;
}
