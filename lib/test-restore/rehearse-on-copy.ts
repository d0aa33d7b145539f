import type pg from 'pg';
import type { BackupRehearsal } from '@/lib/core/backup';
import type { SchemaChange } from '@/lib/core/catalog';
import { canonicalJson } from '@/lib/core/digest';
import type { RehearsalResult, RehearsedStep } from '@/lib/core/evidence';
import type { Plan } from '@/lib/core/plan';
import type { Policy } from '@/lib/core/policy';
import type { DumpedSchema, SchemaComparison } from '@/lib/restored';
import type { ClaimedTestRestore } from './test-restore-record';

/** Undoes a plan's steps by the code of the run; the rehearsal's own. */
export type RehearseSteps = (
  client: pg.Client,
  input: {
    rollback: string;
    plan: Plan;
    policy: Policy;
    searchPath: string;
    before: SchemaComparison['catalog'];
    inLiveWords: SchemaComparison['inDumpedWords'];
    watchLocks: boolean;
    onProgress(done: number): void;
    onRemark(remark: string): void;
  },
) => Promise<RehearsedStep[]>;

interface OnCopy {
  rollback: NonNullable<ClaimedTestRestore['rollback']>;
  policy: Policy;
  dumped: DumpedSchema | null;
  schema: SchemaComparison;
  rehearseSteps: RehearseSteps;
  onProgress(done: number, total: number): void;
}

/**
 * Rehearses a plan on a restored backup: real rows, the code of the run. A step that PostgreSQL refuses
 * is a finding, not a fault.
 * @param client on the restored database
 * @throws SessionLostError; what the server says between the steps
 */
export async function rehearseOnCopy(client: pg.Client, input: OnCopy): Promise<BackupRehearsal> {
  const { rollback, schema, dumped } = input;
  const { plan, digest, rehearsed } = rollback;
  const remarks: string[] = [];
  const steps = await input.rehearseSteps(client, {
    rollback: rollback.label,
    plan,
    policy: input.policy,
    searchPath: dumped?.searchPath ?? 'public',
    before: schema.inDumpedWords(schema.catalog),
    inLiveWords: schema.inDumpedWords,
    watchLocks: true,
    onProgress: (done) => input.onProgress(done, plan.steps.length),
    onRemark: (remark) => remarks.push(remark),
  });
  const failed = steps.find(({ error }) => error !== undefined);
  const fingerprint = failed || !schema.fingerprint ? null : endOf(steps, rehearsed);
  const same =
    !fingerprint || fingerprint.expected === null || fingerprint.expected === fingerprint.found;
  if (!failed && !schema.fingerprint)
    remarks.push(
      'The schema after the last step was not compared: the servers are of two versions.',
    );
  if (fingerprint?.expected === null)
    remarks.push('The plan has no rehearsal of its own yet that the end could be compared with.');
  return {
    rollback: rollback.label,
    digest,
    ok: !failed && same,
    message: failed
      ? failureOf(failed)
      : same
        ? `${steps.length} of ${steps.length} migrations undone on the restored rows.`
        : differenceOf(steps, rehearsed),
    totalMs: steps.reduce((sum, step) => sum + step.durationMs, 0),
    steps,
    fingerprint,
    ...(remarks.length > 0 && { remarks }),
  };
}

function endOf(
  steps: readonly RehearsedStep[],
  rehearsed: RehearsalResult | null,
): BackupRehearsal['fingerprint'] {
  return {
    expected: rehearsed?.steps.at(-1)?.fingerprintAfter ?? null,
    found: steps.at(-1)?.fingerprintAfter ?? '',
  };
}

function failureOf({ tag, error }: RehearsedStep): string {
  if (!error) return `The rollback of ${tag} fails.`;
  const { statementIndex, line, message, sqlstate, detail } = error;
  const place =
    statementIndex === undefined
      ? ''
      : ` at statement ${statementIndex + 1}${line === undefined ? '' : `, line ${line}`}`;
  return `The rollback of ${tag} fails on the restored rows${place}: ${message} (${sqlstate}).${detail ? ` ${detail}` : ''} Mend the script, then pin the plan again.`;
}

/** Where the two first go apart, and in what. */
function differenceOf(steps: readonly RehearsedStep[], rehearsed: RehearsalResult | null): string {
  const first = steps.find(
    ({ position, fingerprintAfter }) =>
      rehearsed?.steps.find((step) => step.position === position)?.fingerprintAfter !==
      fingerprintAfter,
  );
  const expected = rehearsed?.steps.find(({ position }) => position === first?.position);
  const names = unlike(first?.changes ?? [], expected?.changes ?? []);
  const what = names.length === 0 ? '' : ` in ${names.slice(0, 3).join(', ')}`;
  return `After the rollback of ${first?.tag ?? 'the last migration'} the schema of the copy is not the one that the rehearsal saw${what}. Take another backup and rehearse again.`;
}

function unlike(some: readonly SchemaChange[], others: readonly SchemaChange[]): string[] {
  const only = (a: readonly SchemaChange[], b: readonly SchemaChange[]) => {
    const known = new Set(b.map((change) => canonicalJson(change)));
    return a.filter((change) => !known.has(canonicalJson(change)));
  };
  const names = [...only(some, others), ...only(others, some)].map(
    ({ kind, name }) => `${kind.replaceAll('_', ' ')} ${name}`,
  );
  return [...new Set(names)];
}
