import { and, asc, eq } from 'drizzle-orm';
import type pg from 'pg';
import { verifyChain } from '@/lib/audit';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import { type Ctx, loadFacts, type RollbackFacts, tables } from '@/lib/control';
import type { RollbackEvent } from '@/lib/core/events';
import { isInside, partsOf } from '@/lib/core/parts';
import { readTracking } from '@/lib/target';
import { rowsAfter, sameRows } from '@/lib/undo';
import { eventProblems } from './event-order';
import { type FaultTarget, until } from './fault-room';
import { markOf } from './ledger-history';

/** What a test itself has done to the target, and the oracle has to allow. */
export interface Allowed {
  /** A schema that somebody changed on purpose is not compared. */
  schemaChanged?: boolean;
}

/**
 * Whether everything that knows about a rollback says the same: the target's tracking rows, schema,
 * ledger and sessions, and the control database's steps, status, events, runs, fence and audit.
 * @returns what does not fit, one sentence each; none when all agree
 */
export async function disagreements(
  system: Ctx,
  target: FaultTarget,
  allowed: Allowed = {},
): Promise<string[]> {
  const facts = await loadFacts(system, target.id);
  const events = await target.events();
  const problems = [
    ...statusProblems(facts),
    ...eventProblems(events, facts),
    ...(await recordProblems(system, facts, events, target.label)),
  ];
  if (facts.row.status === 'running') return problems;
  const client = await target.sample.database.connect();
  try {
    problems.push(...(await targetProblems(client, facts, events, allowed)));
  } finally {
    await client.end();
  }
  return problems;
}

/** @throws Error with every disagreement and the whole timeline */
export async function expectAgreement(
  system: Ctx,
  target: FaultTarget,
  allowed: Allowed = {},
): Promise<void> {
  const problems = await disagreements(system, target, allowed);
  if (problems.length === 0) return;
  const { status, outcome, outcomeMessage } = await target.row();
  throw new Error(
    [
      `${target.label} (${status}, ${outcome}: ${outcomeMessage}) does not agree with itself:`,
      ...problems,
      ...(await timelineOf(target)),
    ].join('\n'),
  );
}

/** The timeline as a person would want it in a report. */
export async function timelineOf(target: FaultTarget): Promise<string[]> {
  return (await target.events()).map(
    ({ seq, at, runId, kind, payload }) =>
      `${seq} ${at.slice(11, 23)} run ${runId ?? '-'} ${kind} ${JSON.stringify(payload).slice(0, 200)}`,
  );
}

const committedCount = (facts: RollbackFacts): number =>
  facts.steps.filter(({ status }) => status === 'committed').length;

/** Parts that are in for good of the first step that is not. */
const partsIn = (facts: RollbackFacts): number =>
  facts.steps[committedCount(facts)]?.partsDone ?? 0;

/** Whether that step has changed the target: by such parts, or by what a broken off statement has left. */
const leftInside = (facts: RollbackFacts): boolean => isInside(facts.steps[committedCount(facts)]);

function statusProblems(facts: RollbackFacts): string[] {
  const { status, outcome, outcomeMessage, stepsDone, stepsTotal } = facts.row;
  const done = committedCount(facts);
  const problems: string[] = [];
  const say = (wrong: boolean, what: string) => wrong && problems.push(what);
  say(
    facts.steps.some((step, index) => (step.status === 'committed') !== index < done),
    `Steps are committed out of order: ${facts.steps.map((step) => step.status).join(', ')}.`,
  );
  say(stepsDone !== done, `${done} steps are committed, and steps_done is ${stepsDone}.`);
  if (status === 'succeeded') {
    say(done !== stepsTotal, `It succeeded with ${done} of ${stepsTotal} steps.`);
    say(!outcome?.startsWith('changed_'), `It succeeded with the outcome ${outcome}.`);
  }
  if (status === 'stopped') {
    const inside = leftInside(facts);
    const clean = done === 0 ? 'nothing_changed' : 'stopped_clean';
    say(
      outcome !== (inside ? 'changed_unverified' : clean),
      `It stopped after ${done} steps${inside ? ' and some of the next' : ''} with the outcome ${outcome}.`,
    );
  }
  if (status === 'unknown') {
    say(outcome !== 'outcome_unknown', `It is unknown with the outcome ${outcome}.`);
    say(
      !/asks again|by hand|Put |Point |Stop /.test(outcomeMessage ?? ''),
      `It is unknown and says nothing of what to do: ${outcomeMessage}`,
    );
  }
  if (status === 'running') {
    say(facts.input.run?.state === 'finished', 'It is running, and its run is finished.');
  } else if (status === 'succeeded' || status === 'stopped') {
    say(facts.input.run?.state !== 'finished', `It is ${status}, and its run is not finished.`);
  }
  return problems;
}

async function targetProblems(
  client: pg.Client,
  facts: RollbackFacts,
  events: readonly RollbackEvent[],
  allowed: Allowed,
): Promise<string[]> {
  const { plan, status } = facts.row;
  // Nobody has claimed to know.
  if (status === 'unknown') return [];
  const done = committedCount(facts);
  const problems: string[] = [];
  const rows = await readTracking(client, plan.tracking);
  if (!sameRows(rows, rowsAfter(plan.rows, plan.steps, done))) {
    problems.push(
      `After ${done} steps the target has the tracking rows ${rows.map((row) => row.id).join(', ')}.`,
    );
  }
  problems.push(...(await ledgerProblems(client, facts, done)));
  if (!allowed.schemaChanged && !leftInside(facts)) {
    const found = fingerprint(await snapshotCatalog(client, { tracking: plan.tracking }));
    const wanted = expectedFingerprint(facts, done);
    if (found !== wanted) problems.push(`After ${done} steps the schema is another one.`);
  }
  // One that the network has cut off may linger, as long as it holds nothing.
  const left = () =>
    client
      .query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity a
         WHERE a.datname = current_database() AND a.application_name LIKE 'backstep run %'
           AND (a.xact_start IS NOT NULL OR EXISTS
                 (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))`,
      )
      .then((result) => result.rows[0]?.n ?? 0);
  await until('the run holds nothing any more', async () => (await left()) === 0, 5_000).catch(() =>
    problems.push('A session of the run still holds the target’s lock or a transaction.'),
  );
  problems.push(...(await fenceProblems(client, facts, events, done)));
  return problems;
}

function expectedFingerprint(facts: RollbackFacts, done: number): string | undefined {
  if (done === 0) return facts.row.plan.schemaFingerprint;
  return facts.input.rehearsal?.result?.steps[done - 1]?.fingerprintAfter;
}

/** Each script has left its mark once if its step is in, and not at all otherwise. */
async function ledgerProblems(
  client: pg.Client,
  facts: RollbackFacts,
  done: number,
): Promise<string[]> {
  const { rows } = await client.query<{ mark: string }>('SELECT mark FROM ledger ORDER BY n');
  const wanted = facts.row.plan.steps.flatMap((step, position) => {
    if (position < done) return [markOf(step.tag)];
    if (position > done) return [];
    // Inside a step of several parts: the mark is where its statement is.
    const at = step.statements.find(({ text }) => text.includes('INTO ledger'))?.index;
    const part = partsOf(step.statements).findIndex(({ statements }) =>
      statements.some((index) => index === at),
    );
    return part < partsIn(facts) ? [markOf(step.tag)] : [];
  });
  const found = rows.map(({ mark }) => mark);
  return found.join() === wanted.join()
    ? []
    : [
        `The ledger says ${found.join() || 'nothing'}, and the steps say ${wanted.join() || 'nothing'}.`,
      ];
}

async function fenceProblems(
  client: pg.Client,
  facts: RollbackFacts,
  events: readonly RollbackEvent[],
  done: number,
): Promise<string[]> {
  const { fence } = facts.input;
  const isUp =
    (await client.query("SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'")).rowCount === 1;
  const wanted = facts.target.policy.fence && done > 0;
  const released = events.some(({ kind }) => kind === 'fence.released');
  if (released || partsIn(facts) > 0) return [];
  const problems: string[] = [];
  // Of a step in several parts the fence may be in, as a transaction of its own, before all else.
  const next = facts.row.plan.steps[done];
  const inParts = next !== undefined && partsOf(next.statements).length > 1;
  if (isUp !== wanted && !(isUp && inParts))
    problems.push(`After ${done} steps the fence is ${isUp ? 'up' : 'down'}.`);
  if ((fence?.kind === 'trigger' && fence.releasedAt === null) !== isUp) {
    problems.push(
      `The fence is ${isUp ? 'up' : 'down'}, and recorded as ${fence ? `${fence.kind}, released at ${fence.releasedAt}` : 'never raised'}.`,
    );
  }
  return problems;
}

async function recordProblems(
  system: Ctx,
  facts: RollbackFacts,
  events: readonly RollbackEvent[],
  label: string,
): Promise<string[]> {
  const problems: string[] = [];
  const rows = await system.db
    .select()
    .from(tables.auditLog)
    .where(and(eq(tables.auditLog.subject, label)))
    .orderBy(asc(tables.auditLog.seq));
  const steps = rows.filter(({ action }) => action === 'run.step').map(({ payload }) => payload);
  const wanted = facts.steps.filter(({ status }) => status === 'committed');
  if (steps.map(({ position }) => position).join() !== wanted.map((s) => s.position).join()) {
    problems.push(
      `The audit log has the steps ${steps.map(({ position }) => position).join()}, and the control database has ${wanted.length} committed ones.`,
    );
  }
  const finishes = rows.filter(({ action }) => action === 'run.finish');
  const told = events.filter(({ kind }) => kind === 'run.finished');
  if (finishes.length !== told.length) {
    problems.push(
      `${told.length} ends of runs are told, and ${finishes.length} are in the audit log.`,
    );
  }
  const last = finishes.at(-1)?.payload.outcome;
  if (facts.row.status !== 'running' && last !== facts.row.outcome) {
    problems.push(`The audit log ends with ${last}, and the rollback with ${facts.row.outcome}.`);
  }
  const chain = await verifyChain(system);
  if (!chain.ok) problems.push(`The audit chain is broken: ${chain.brokenAt?.why}`);
  return problems;
}
