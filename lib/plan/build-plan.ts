import type { Ctx } from '@/lib/control';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { forecastMigrate, hasNames, type MigrateForecast } from '@/lib/core/migrate-forecast';
import type { MigrationEntry, MigrationList } from '@/lib/core/migration';
import type { Plan, PlanRefusal, PlanStep } from '@/lib/core/plan';
import { type AppliedEntry, planChain } from '@/lib/core/plan-chain';
import type { TargetConfig } from '@/lib/core/policy';
import { describeProblem, listEntries } from '@/lib/folders';
import { attachProofs } from '@/lib/proof';
import { parseScriptOf, parseUp } from '@/lib/sql';
import { readLive } from './read-live';

/**
 * Reads files, database and the proofs that are kept, and pins the way back to one migration.
 * @param to key of the migration that shall be the head
 * @throws BackstepError `plan_refused` with what stops the chain; whatever keeps files or database
 *   from being read
 */
export async function buildPlan(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  to: string,
): Promise<{ plan: Plan; digest: string }> {
  const live = await readLive(target);
  const list = await attachProofs(
    ctx,
    target,
    await listEntries(target, live.rows, { fresh: true }),
    live.identity.serverVersionNum,
  );
  const found = planChain(list, to);
  if (!found.ok) throw refused(found.refusal);
  const steps = await Promise.all(
    found.chain.map((entry, position) => stepOf(target, entry, position)),
  );
  const { systemIdentifier, name, serverVersionNum } = live.identity;
  const plan: Plan = {
    target: target.name,
    database: { systemIdentifier, name, serverVersionNum },
    tracking: target.tracking,
    from: endOf(list.head),
    to: endOf(list.entries.find((entry) => entry.key === to)),
    steps,
    rows: live.rows,
    replay: replayOf(list),
    layout: list.layout,
    forecast: { before: list.forecast, after: forecastAfter(list, found.chain) },
    schemaFingerprint: live.schemaFingerprint,
    schemaObjects: live.schemaObjects,
  };
  return { plan, digest: digestOf(plan) };
}

/** Approval and run refer to this: it changes with any byte that is pinned. */
function digestOf(plan: Plan): string {
  return sha256Hex(canonicalJson(plan));
}

async function stepOf(
  target: TargetConfig,
  entry: AppliedEntry,
  position: number,
): Promise<PlanStep> {
  const { file, rollback, row } = entry;
  if (!file || !rollback) throw new Error(`${entry.key} is in a chain without its files`);
  const parsed = await parseScriptOf(await parseUp(file.sql), Buffer.from(rollback.sql), target);
  // A script that its proof has paired may be exact and still not fit into a run's transaction.
  const problem = describeProblem(rollback.name, parsed);
  if (!parsed.ok || problem !== undefined) {
    const message = problem ?? `${rollback.name} can’t be used.`;
    throw refused({ code: 'rollback_unusable', key: entry.key, message });
  }
  return {
    position,
    tag: file.tag,
    number: entry.number ?? file.tag,
    upHash: file.hash,
    row,
    rollbackFile: rollback.name,
    pairedBy: rollback.pairedBy,
    rollbackSha256: rollback.sha256,
    rollbackSql: rollback.sql,
    unwrapped: parsed.unwrapped,
    statements: parsed.statements,
  };
}

function endOf(entry: MigrationEntry | undefined): Plan['to'] {
  if (!entry?.tag) throw new Error('a plan begins and ends at a migration with a file');
  return { tag: entry.tag, number: entry.number ?? entry.tag };
}

/**
 * What drizzle has applied here, in its order: what a rehearsal replays. A file that is not there is
 * pinned with an empty hash, so that no replay can pass for the whole history.
 */
function replayOf(list: MigrationList): Plan['replay'] {
  return list.entries
    .flatMap((entry) => (entry.file && entry.row ? [entry.file] : []))
    .sort((a, b) => a.position - b.position)
    .map(({ tag, when, hash, breakpoints, path }) => ({ tag, when, hash, breakpoints, path }));
}

/** The next migrate() of the present folder, once the chain is undone. */
function forecastAfter(list: MigrationList, chain: readonly AppliedEntry[]): MigrateForecast {
  const undone = new Set(chain.map(({ row }) => row.id));
  return forecastMigrate({
    layout: list.layout,
    files: list.entries.flatMap(({ file }) => file ?? []).sort((a, b) => a.position - b.position),
    rows: list.rows.filter(({ id }) => !undone.has(id)),
    named: hasNames(list.rows),
    problems: list.problems,
  });
}

function refused(refusal: PlanRefusal): BackstepError {
  return new BackstepError('plan_refused', refusal.message, {
    details: { code: refusal.code, migration: refusal.key },
  });
}
