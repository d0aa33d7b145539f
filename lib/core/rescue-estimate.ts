import type { LossLine, RehearsalResult } from './evidence';
import type { Plan } from './plan';
import type { HazardCode, Statement } from './statement';

/** What rescue copies of the rest of a plan are likely to be, as far as the look at the live target tells. */
export interface RescueEstimate {
  copies: number;
  /** Of those whose size is known: the rest is in `unknown`. Rather too much than too little. */
  bytes: number;
  /** What will be copied and nobody can say how large it is, as sentences. */
  unknown: string[];
  /** What may be destroyed without a copy, as sentences. */
  notCopied: string[];
}

/** A tuple's header and a key of the usual width. */
const KEPT_WITH_A_VALUE = 40;

/**
 * Estimates the rescue copies of the steps that are still to run.
 * @param rehearsal null while there is none: then nothing is known
 */
export function rescueEstimate(
  plan: Pick<Plan, 'steps'>,
  stepsDone: number,
  rehearsal: Pick<RehearsalResult, 'impact'> | null,
): RescueEstimate {
  const left = plan.steps.slice(stepsDone);
  const notCopied = left.flatMap(({ rollbackFile, statements }) =>
    statements.flatMap(({ kind, text, line }) => {
      const why = outOfSight(kind, text);
      return why === undefined ? [] : [`Line ${line} of ${rollbackFile} ${why}`];
    }),
  );
  if (!rehearsal)
    return { copies: 0, bytes: 0, unknown: ['The plan has not been rehearsed yet.'], notCopied };
  const copies = new Map<string, number>();
  const unknown: string[] = [];
  for (const loss of rehearsal.impact.losses) {
    if (loss.position < stepsDone) continue;
    if (loss.kind === 'sequence')
      notCopied.push(`The value at which the sequence ${loss.name} stands is not copied.`);
    const holder = holderOf(loss);
    if (holder === undefined) continue;
    const bytes = bytesOf(loss);
    if (bytes === 0) continue;
    if (bytes === null)
      unknown.push(`How much the copy of ${loss.name} takes is not known: ${loss.bytes.source}.`);
    const key = loss.kind === 'rows' ? `${holder} ${copies.size}` : holder;
    copies.set(key, (copies.get(key) ?? 0) + (bytes ?? 0));
  }
  const bytes = [...copies.values()].reduce((sum, each) => sum + each, 0);
  return { copies: copies.size, bytes, unknown, notCopied };
}

const TAKES_ROWS: ReadonlySet<HazardCode> = new Set([
  'drops_table',
  'drops_column',
  'cascade',
  'truncates',
  'deletes_rows',
  'updates_rows',
]);

/** Whether a rescue copy is made for a statement, as far as its text tells. */
export function takesRows({ kind, hazards }: Pick<Statement, 'kind' | 'hazards'>): boolean {
  return kind === 'DoStmt' || hazards.some(({ code }) => TAKES_ROWS.has(code));
}

/** Columns of one table that go in one step are mostly copied together. */
function holderOf({ kind, position, name }: LossLine): string | undefined {
  switch (kind) {
    case 'table':
    case 'rows':
      return `${position} ${kind} ${name}`;
    case 'column':
    case 'narrowed_column':
      return `${position} ${kind} ${name.replace(/\.(?:"(?:[^"]|"")*"|[^".]*)$/, '')}`;
    default:
      // Made anew from other tables, or without rows.
      return undefined;
  }
}

function bytesOf({ kind, rows, bytes }: LossLine): number | null {
  if (rows.value === 0 && !rows.estimate) return 0;
  if (bytes.value === null) return null;
  if (kind === 'table' || kind === 'rows') return bytes.value;
  return bytes.value + (rows.value ?? 0) * KEPT_WITH_A_VALUE;
}

/** What a statement does that can't be seen in it; the end of a sentence. */
function outOfSight(kind: string, text: string): string | undefined {
  switch (kind) {
    case 'DoStmt':
      return 'is a code block: tables, columns and rows that it names are copied whole, and what it puts together while it runs is not.';
    case 'CallStmt':
      return 'calls a procedure: what that destroys is not copied.';
    case 'SelectStmt':
      return text.includes('(')
        ? 'calls functions: what functions of the application destroy is not copied.'
        : undefined;
    default:
      return undefined;
  }
}
