import { losesRows } from '@/components/proof/grade-look';
import { GRADE_LABELS, type Proof } from '@/lib/core/proof';
import type { RollbackRoom } from '@/lib/core/views';

type Parts = Pick<RollbackRoom, 'rehearsal' | 'digest'>;

/** What the round trip of a step's script said; null before it was made for this very plan. */
export function proofOf(room: Parts, position: number): Proof | null {
  return proofsOf(room).find((one) => one.position === position)?.proof ?? null;
}

function proofsOf({ rehearsal, digest }: Parts) {
  return rehearsal?.digest === digest ? (rehearsal.result?.proofs ?? []) : [];
}

/** The grade as its chip says it, in the middle of a sentence. */
function gradeWords({ grade, losesData }: Proof): string {
  const word = GRADE_LABELS[grade].toLowerCase();
  if (!losesRows(grade, losesData)) return word;
  return `${grade === 'exact' ? 'proven' : word} with data loss`;
}

/** How many scripts of the plan have each grade, in run order of the first: `2 proven exact, 1 fails`. */
export function gradesSummary(room: Parts & Pick<RollbackRoom, 'plan'>): string {
  const counts = new Map<string, number>();
  for (const { proof } of proofsOf(room)) {
    const words = gradeWords(proof);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const without = room.plan.steps.length - [...counts.values()].reduce((sum, n) => sum + n, 0);
  return [
    ...[...counts].map(([words, count]) => `${count} ${words}`),
    ...(without > 0 ? [`${without} not proven yet`] : []),
  ].join(', ');
}
