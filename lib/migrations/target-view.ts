import { countChanges } from '@/lib/core/change-words';
import type { MigrationEntry, MigrationList, MigrationState } from '@/lib/core/migration';
import { type Destinations, destinations } from '@/lib/core/plan-chain';
import type { Policy, TargetConfig } from '@/lib/core/policy';
import { type Grade, verdictOf } from '@/lib/core/proof';
import type { Coverage, MigrationLine, TargetFence, TargetSummary } from '@/lib/core/views';
import { addressOf } from '@/lib/target';
import type { ControlState } from './control-state';
import type { TargetState } from './read-target-state';
import type { CheckState } from './target-checks';

/** A target that could not be read: everything that only the database knows stays unknown. */
export function unreadSummary(
  target: TargetConfig,
  control: ControlState,
  checks: CheckState,
  checkedAt: string,
  error: { code: string; message: string },
): TargetSummary {
  return {
    name: target.name,
    environment: target.environment,
    address: addressOf(target.readUrl),
    checkedAt,
    error,
    serverVersion: null,
    headTag: null,
    headGeneratedAt: null,
    counts: null,
    coverage: [],
    reachesBackTo: null,
    fence: control.fence,
    openRollback: control.openRollback,
    ...checkSummary(checks),
  };
}

function checkSummary({ latest, drift }: CheckState): Pick<TargetSummary, 'drift' | 'checking'> {
  return {
    checking: latest?.state === 'queued' || latest?.state === 'running',
    drift: drift && {
      state:
        drift.unreplayable !== null
          ? 'unreplayable'
          : drift.changes.length > 0
            ? 'drifted'
            : 'none',
      objects: drift.changes.length,
      checkedAt: drift.checkedAt,
    },
  };
}

export function summaryOf(
  target: TargetConfig,
  state: TargetState,
  control: ControlState,
  checks: CheckState,
  checkedAt: string,
  reach: Destinations = destinations(state.list),
): TargetSummary {
  const { list, fence } = state;
  const oldest = list.entries.find((entry) => reach.byKey.get(entry.key)?.ok);
  return {
    name: target.name,
    environment: target.environment,
    address: addressOf(target.readUrl),
    checkedAt,
    error: null,
    serverVersion: state.identity.serverVersion,
    headTag: list.head?.tag ?? null,
    headGeneratedAt: list.head ? generatedAt(list.head) : null,
    counts: countsOf(list),
    coverage: list.entries.map((entry) => ({
      number: numberOrKey(entry),
      tag: entry.tag ?? entry.key,
      coverage: coverageOf(entry, target.policy),
      undoable: reach.undoable.has(entry.key),
    })),
    reachesBackTo: oldest ? numberOrKey(oldest) : null,
    fence: standingFence(fence, control.fence, list.head?.tag ?? null),
    openRollback: control.openRollback,
    ...checkSummary(checks),
  };
}

/**
 * What stands in the database counts: a person may have removed the fence by hand. Our record adds what
 * the trigger's comment does not say, and a watch, of which nothing stands there.
 */
function standingFence(
  live: TargetState['fence'],
  known: ControlState['fence'],
  head: string | null,
): TargetFence | null {
  if (live === null) return known?.kind === 'watch' ? known : null;
  const ours = known?.kind === 'trigger' && (live.rollback ?? known.rollback) === known.rollback;
  const told = {
    headTag: live.headTag ?? known?.headTag ?? head ?? 'an unknown migration',
    rollback: live.rollback ?? known?.rollback ?? null,
  };
  return ours ? { ...known, ...told } : { ...UNRECORDED, ...told };
}

/** A trigger that another installation has raised, or a later rollback that is not written down yet. */
const UNRECORDED = {
  kind: 'trigger' as const,
  raisedAt: null,
  why: null,
  refusals: 0,
  lastRefusedAt: null,
  lookedAt: null,
  lookError: null,
  removedByHandAt: null,
  reapplied: [],
};

function countsOf(list: MigrationList): NonNullable<TargetSummary['counts']> {
  const count = (state: MigrationState) =>
    list.entries.filter((entry) => entry.state === state).length;
  return {
    total: list.entries.length,
    applied: list.entries.filter((entry) => entry.row !== undefined).length,
    pending: count('pending'),
    changed: list.entries.filter((entry) => entry.fileChanged).length,
    unknown: count('unknown'),
    skipped: count('skipped'),
  };
}

function coverageOf(entry: MigrationEntry, policy: Policy): Coverage {
  switch (entry.state) {
    case 'foundational':
      return 'foundational';
    case 'pending':
    case 'skipped':
      return 'pending';
    default:
      if (entry.rollbackProblem !== undefined) return 'unusable';
      if (!entry.rollback) return entry.candidates.length > 0 ? 'unusable' : 'missing';
      if (!entry.proof) return 'present';
      return COVERAGE_OF[verdictOf(entry.proof, policy)];
  }
}

const COVERAGE_OF = { run: 'proven', acknowledge: 'acknowledge', block: 'blocked' } as const;

/**
 * What is known of the script: by its round trip, or by looking at it. null: there is one, and nothing
 * is known yet.
 */
function gradeOf(entry: MigrationEntry): Grade | null {
  if (entry.proof) return entry.proof.grade;
  if (entry.rollbackProblem !== undefined) return 'refused';
  return entry.rollback || entry.candidates.length > 0 ? null : 'missing';
}

export function lineOf(
  entry: MigrationEntry,
  head: MigrationEntry | undefined,
  reach: Destinations,
  policy: Policy,
): MigrationLine {
  const { proof } = entry;
  const grade = entry.file ? gradeOf(entry) : null;
  const found = reach.byKey.get(entry.key);
  return {
    key: entry.key,
    tag: entry.tag ?? null,
    number: entry.number ?? null,
    generatedAt: generatedAt(entry),
    state: entry.state,
    fileChanged: entry.fileChanged,
    head: entry === head,
    rollbackFile: entry.rollback?.name ?? null,
    rollbackProblem: entry.rollbackProblem ?? null,
    pairedBy: entry.rollback?.pairedBy ?? null,
    candidates: entry.candidates.map((candidate) => ({
      file: candidate.file.name,
      why: candidate.why,
      grade: candidate.proof?.grade ?? null,
    })),
    grade,
    losesData: proof?.losesData ?? null,
    verdict: grade && verdictOf(proof ?? { grade, losesData: null }, policy),
    undoChanges: proof ? countChanges(proof.changes) || null : null,
    coverage: coverageOf(entry, policy),
    destination: found?.ok === true,
    whyNot: found?.ok === false ? found.refusal.message : null,
  };
}

/** The number where there is one; a tag without digits, or a row without a file, goes by its key. */
function numberOrKey(entry: Pick<MigrationEntry, 'key' | 'number'>): string {
  return entry.number ?? entry.key;
}

/** When the migration was generated: the only time that a tracking table of drizzle <= 0.45 knows. */
function generatedAt(entry: MigrationEntry): string | null {
  const time = new Date(Number(entry.row?.createdAt ?? entry.file?.when));
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
