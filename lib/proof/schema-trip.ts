import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import type { Grade, ProofError, Reapply, SecondRun } from '@/lib/core/proof';
import type { Statement } from '@/lib/core/statement';
import { compareStates, gradeOf, isSame } from './grade';
import { DownFault, type ProofFault, UpFault } from './proof-fault';
import type { Stage, TrackingEffect } from './stage';

/** What the schema said on the way up, down, and up again. */
export interface SchemaTrip {
  grade: Grade;
  residue: string[];
  missing: string[];
  changes: SchemaChange[];
  reapply: Reapply;
  secondRun: SecondRun;
  error: ProofError | null;
  remarks: string[];
  /** Null when the script failed before it could be seen. */
  tracking: TrackingEffect | null;
  before: CatalogSnapshot;
  /** After the migration: what the next one finds. */
  between: CatalogSnapshot;
  /** After the script; null when it failed. */
  after: CatalogSnapshot | null;
}

type Compare = (
  on: Stage,
  from: CatalogSnapshot,
  to: CatalogSnapshot,
) => ReturnType<typeof compareStates>;

/** Looks at the database on the way, while it is as it is. */
export interface SchemaTripHooks {
  /** What of a snapshot counts. */
  view(snapshot: CatalogSnapshot): CatalogSnapshot;
  afterUp?(stage: Stage, before: CatalogSnapshot, between: CatalogSnapshot): Promise<void>;
  afterDown?(stage: Stage): Promise<void>;
}

/**
 * Up, down, compare, down again, up again: on a stage that is thrown away afterwards.
 * @param known the state before the migration, when it has been read already
 * @param upIsPlain the migration runs no code: on the same schema it does the same again
 * @throws UpFault when the migration does not apply
 */
export async function takeSchemaTrip(
  stage: Stage,
  statements: readonly Statement[],
  known: CatalogSnapshot | undefined,
  upIsPlain: boolean,
  hooks: SchemaTripHooks,
): Promise<SchemaTrip> {
  // Whole snapshots are handed on: to the next migration and its script, other parts of them count.
  const compare: Compare = (on, from, to) =>
    compareStates(on.client, hooks.view(from), hooks.view(to));
  const before = known ?? (await stage.snapshot());
  await stage.up();
  const between = await stage.snapshot();
  await hooks.afterUp?.(stage, before, between);
  let tracking: TrackingEffect;
  try {
    tracking = await stage.down(statements);
  } catch (fault) {
    if (!(fault instanceof DownFault)) throw fault;
    return { ...failed(fault), before, between };
  }
  const after = await stage.snapshot();
  await hooks.afterDown?.(stage);
  const whole = await compare(stage, before, after);
  const down = await compare(stage, between, after);
  // Only asked where the script changes nothing: then the schema here is the one after the migration.
  const up = isSame(down) ? await compare(stage, before, between) : null;
  const second = await stage.fork((fork) => runAgain(fork, statements, after, compare));
  const again = await applyAgain(stage, isSame(whole) && upIsPlain ? undefined : between, compare);
  const grade = gradeOf({ up, down, whole });
  const remarks = [...second.remarks, ...again.remarks];
  if (whole.reordered.length > 0) {
    remarks.unshift(
      `The columns of ${whole.reordered.join(', ')} stand in another order than before.`,
    );
  }
  return {
    grade,
    residue: whole.residue,
    missing: whole.missing,
    changes: down.changes,
    reapply: again.reapply,
    secondRun: second.secondRun,
    error: null,
    remarks,
    tracking,
    before,
    between,
    after,
  };
}

function failed({ error }: DownFault) {
  return {
    grade: 'fails' as const,
    residue: [],
    missing: [],
    changes: [],
    reapply: 'untested' as const,
    secondRun: 'untested' as const,
    error,
    remarks: [],
    tracking: null,
    after: null,
  };
}

/** Whoever runs a script by hand runs it twice one day. */
async function runAgain(
  stage: Stage,
  statements: readonly Statement[],
  first: CatalogSnapshot,
  compare: Compare,
): Promise<{ secondRun: SecondRun; remarks: string[] }> {
  try {
    const time = await stage.clock();
    await stage.down(statements);
    if (time !== undefined && time === (await stage.clock()))
      return { secondRun: 'ok', remarks: [] };
    const { changes } = await compare(stage, first, await stage.snapshot());
    if (changes.length === 0) return { secondRun: 'ok', remarks: [] };
    return {
      secondRun: 'fails',
      remarks: ['A second run of the script changes the schema further.'],
    };
  } catch (fault) {
    if (!(fault instanceof DownFault)) throw fault;
    return { secondRun: 'fails', remarks: [`A second run of the script fails: ${inWords(fault)}`] };
  }
}

/**
 * The next deployment applies the migration again.
 * @param first what it gave at first; undefined when it can't give anything else now
 */
async function applyAgain(
  stage: Stage,
  first: CatalogSnapshot | undefined,
  compare: Compare,
): Promise<{ reapply: Reapply; remarks: string[] }> {
  try {
    await stage.up();
  } catch (fault) {
    if (!(fault instanceof UpFault)) throw fault;
    const remark = `After the script, the migration does not apply again: ${inWords(fault)}`;
    return { reapply: 'fails', remarks: [remark] };
  }
  if (!first) return { reapply: 'ok', remarks: [] };
  const difference = await compare(stage, first, await stage.snapshot());
  if (isSame({ ...difference, reordered: [] })) return { reapply: 'ok', remarks: [] };
  const { residue, missing } = difference;
  return {
    reapply: 'differs',
    remarks: [
      `Applied again after the script, the migration gives another schema than at first: ${namesOf([...residue, ...missing])}.`,
    ],
  };
}

function inWords({ error: { message, line, sqlstate } }: ProofFault): string {
  const place = line === null ? '' : `line ${line}: `;
  return `${place}${message}${sqlstate === null ? '' : ` (SQLSTATE ${sqlstate})`}`;
}

const NAMED = 5;

function namesOf(objects: readonly string[]): string {
  const more = objects.length - NAMED;
  return `${objects.slice(0, NAMED).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
