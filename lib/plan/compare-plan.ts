import path from 'node:path';
import { BackstepError } from '@/lib/core/errors';
import type { MigrationFile, TrackingRow } from '@/lib/core/migration';
import type { Plan, PlanChange } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { readMigrationFolder, readRollbackFile } from '@/lib/folders';
import { addressOf } from '@/lib/target';
import { rowsAfter } from '@/lib/undo';
import { type LiveTarget, readLive } from './read-live';
import { nameSchemaDifferences } from './schema-objects';

/** How far a plan has been performed when it is compared. */
export interface Performed {
  /** Their rows are gone, their scripts have served, and the schema is no longer the pinned one. */
  stepsDone: number;
  /** Something of the next step is in already: see `isInside`. */
  inside: boolean;
}

/** Everything in which files and database are no longer what the plan pinned. */
export async function comparePlan(
  target: TargetConfig,
  plan: Plan,
  { stepsDone, inside }: Performed,
): Promise<PlanChange[]> {
  const folder = await readFolder(target);
  const changes = await Promise.all([
    compareScripts(target, plan, stepsDone),
    folder.files ? compareMigrations(plan, folder.files) : folder.changes,
    compareDatabase(target, plan, { stepsDone, inside }, folder.files ?? plan.replay),
  ]);
  return changes.flat();
}

/** The same for the files alone, where somebody else looks at the database. */
export async function compareFiles(
  target: TargetConfig,
  plan: Plan,
  stepsDone: number,
): Promise<PlanChange[]> {
  const folder = await readFolder(target);
  return [
    ...(await compareScripts(target, plan, stepsDone)),
    ...(folder.files ? compareMigrations(plan, folder.files) : folder.changes),
  ];
}

type Folder = { files: MigrationFile[] } | { files: null; changes: PlanChange[] };

async function readFolder(target: TargetConfig): Promise<Folder> {
  try {
    return { files: (await readMigrationFolder(target, { fresh: true })).files };
  } catch (error) {
    return { files: null, changes: unreadable('the migrations folder', error) };
  }
}

const short = (hash: string): string => hash.slice(0, 12);

async function compareScripts(
  target: TargetConfig,
  plan: Plan,
  stepsDone: number,
): Promise<PlanChange[]> {
  const found = await Promise.all(
    plan.steps.slice(stepsDone).map(async (step): Promise<PlanChange[]> => {
      const { rollbackFile: name, rollbackSha256: pinned } = step;
      const change = (message: string): PlanChange[] => [
        { kind: 'rollback_file', subject: name, message },
      ];
      try {
        const { sha256 } = await readRollbackFile(path.join(target.rollbacks, name), name);
        return sha256 === pinned
          ? []
          : change(`${name} changed: its sha256 was ${short(pinned)}, and is ${short(sha256)}.`);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
        return change(
          code === 'ENOENT'
            ? `${name} is gone from the rollbacks folder.`
            : `${name} can’t be read any more (${code}).`,
        );
      }
    }),
  );
  return found.flat();
}

function compareMigrations(plan: Plan, files: readonly MigrationFile[]): PlanChange[] {
  const byTag = new Map(files.map((file) => [file.tag, file]));
  return plan.replay.flatMap((pinned): PlanChange[] => {
    const change = (message: string): PlanChange[] => [
      { kind: 'up_file', subject: pinned.tag, message },
    ];
    const file = byTag.get(pinned.tag);
    if (!file) return change(`${pinned.tag} is gone from the migrations folder.`);
    if (file.absent && pinned.hash !== '') {
      return change(`${file.path} is gone from the migrations folder.`);
    }
    if (file.hash !== pinned.hash) {
      return change(
        `${file.path} changed: its sha256 was ${short(pinned.hash)}, and is ${short(file.hash)}.`,
      );
    }
    if (file.when !== pinned.when || file.breakpoints !== pinned.breakpoints) {
      return change(`${pinned.tag} has another entry in the journal than when it was pinned.`);
    }
    return [];
  });
}

/** @param named migrations by which rows are called; new ones are in the folder only */
async function compareDatabase(
  target: TargetConfig,
  plan: Plan,
  { stepsDone, inside }: Performed,
  named: readonly Pick<MigrationFile, 'tag' | 'when'>[],
): Promise<PlanChange[]> {
  let live: LiveTarget;
  try {
    live = await readLive(target);
  } catch (error) {
    if (error instanceof BackstepError && error.code === 'tracking_table_absent') {
      return [{ kind: 'tracking_rows', subject: 'tracking table', message: error.message }];
    }
    return unreadable(addressOf(target.readUrl), error);
  }
  const other = compareIdentity(target, plan, live);
  // Rows and schema of another database say nothing about this plan.
  if (other.length > 0) return other;
  return [
    ...compareRows(rowsAfter(plan.rows, plan.steps, stepsDone), live.rows, named),
    ...(stepsDone === 0 && !inside ? compareSchema(plan, live) : []),
  ];
}

function compareIdentity(target: TargetConfig, plan: Plan, live: LiveTarget): PlanChange[] {
  const { database } = plan;
  const { identity } = live;
  const subject = addressOf(target.readUrl);
  if (identity.systemIdentifier !== database.systemIdentifier || identity.name !== database.name) {
    return [
      {
        kind: 'database',
        subject,
        message: `${subject} is another database than the one that was planned for: it was ${database.name} on system ${database.systemIdentifier}, and is ${identity.name} on system ${identity.systemIdentifier}.`,
      },
    ];
  }
  // Within one major the catalogs, and so the fingerprints, are comparable; across majors not.
  const major = (version: number) => Math.trunc(version / 10_000);
  if (major(identity.serverVersionNum) !== major(database.serverVersionNum)) {
    return [
      {
        kind: 'database',
        subject,
        message: `The server was PostgreSQL ${major(database.serverVersionNum)} when the plan was pinned, and is ${major(identity.serverVersionNum)}.`,
      },
    ];
  }
  return [];
}

function compareRows(
  expected: readonly TrackingRow[],
  found: readonly TrackingRow[],
  named: readonly Pick<MigrationFile, 'tag' | 'when'>[],
): PlanChange[] {
  const tagOf = (row: TrackingRow) =>
    row.name ??
    named.find((file) => String(file.when) === row.createdAt)?.tag ??
    'an unknown migration';
  const change = (row: TrackingRow, what: string): PlanChange => ({
    kind: 'tracking_rows',
    subject: `row ${row.id}`,
    message: `Tracking row ${row.id} (${tagOf(row)}) ${what}.`,
  });
  const now = new Map(found.map((row) => [row.id, row]));
  const then = new Set(expected.map((row) => row.id));
  return [
    ...expected.flatMap((row) => {
      const live = now.get(row.id);
      if (!live) return [change(row, 'is gone')];
      return live.hash === row.hash && live.createdAt === row.createdAt
        ? []
        : [change(row, `changed: its hash was ${short(row.hash)}, and is ${short(live.hash)}`)];
    }),
    ...found.filter((row) => !then.has(row.id)).map((row) => change(row, 'is new')),
  ];
}

function compareSchema(plan: Plan, live: LiveTarget): PlanChange[] {
  if (live.schemaFingerprint === plan.schemaFingerprint) return [];
  const named = plan.schemaObjects
    ? nameSchemaDifferences(plan.schemaObjects, live.schemaObjects)
    : [];
  const what = named.length > 0 ? `: ${named.join(', ')}` : '';
  return [{ kind: 'live_schema', subject: 'schema', message: `The live schema changed${what}.` }];
}

/** Not to know is not a change: it closes the gate and voids nothing. */
function unreadable(subject: string, error: unknown): PlanChange[] {
  if (!(error instanceof BackstepError)) throw error;
  return [{ kind: 'unreadable', subject, message: error.message }];
}
