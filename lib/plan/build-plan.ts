import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { MigrationEntry, MigrationList } from '@/lib/core/migration';
import type { Plan, PlanRefusal, PlanStep } from '@/lib/core/plan';
import { type AppliedEntry, planChain } from '@/lib/core/plan-chain';
import type { TargetConfig } from '@/lib/core/policy';
import { describeRefusals, listEntries } from '@/lib/folders';
import { parseScript } from '@/lib/sql';
import { readLive } from './read-live';

/**
 * Reads files and database and pins the way back to one migration.
 * @param to key of the migration that shall be the head
 * @throws BackstepError `plan_refused` with what stops the chain; whatever keeps files or database
 *   from being read
 */
export async function buildPlan(
  target: TargetConfig,
  to: string,
): Promise<{ plan: Plan; digest: string }> {
  const live = await readLive(target);
  const list = await listEntries(target, live.rows, { fresh: true });
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
  const parsed = await parseScript(Buffer.from(rollback.sql), { tracking: target.tracking });
  if (!parsed.ok) {
    throw refused({
      code: 'rollback_unusable',
      key: entry.key,
      message: describeRefusals(rollback.name, parsed.refusals),
    });
  }
  return {
    position,
    tag: file.tag,
    number: entry.number ?? file.tag,
    upHash: file.hash,
    row,
    rollbackFile: rollback.name,
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

/** What drizzle has applied here, in the order of the journal: what a rehearsal replays. */
function replayOf(list: MigrationList): Plan['replay'] {
  return list.entries
    .flatMap((entry) => (entry.file && entry.row ? [entry.file] : []))
    .sort((a, b) => a.position - b.position)
    .map(({ tag, when, hash, breakpoints }) => ({ tag, when, hash, breakpoints }));
}

function refused(refusal: PlanRefusal): BackstepError {
  return new BackstepError('plan_refused', refusal.message, {
    details: { code: refusal.code, migration: refusal.key },
  });
}
