import { GRADE_LABELS, type Grade, type Proof } from '@/lib/core/proof';
import type { RollbackRoom } from '@/lib/core/views';

type Parts = Pick<RollbackRoom, 'rehearsal' | 'digest'>;

/** What the round trip of a step's script said; null before it was made for this very plan. */
export function proofOf(room: Parts, position: number): Proof | null {
  return proofsOf(room).find((one) => one.position === position)?.proof ?? null;
}

function proofsOf({ rehearsal, digest }: Parts) {
  return rehearsal?.digest === digest ? (rehearsal.result?.proofs ?? []) : [];
}

/** How many scripts of the plan have each grade, in run order of the first: `2 proven exact, 1 fails`. */
export function gradesSummary(room: Parts & Pick<RollbackRoom, 'plan'>): string {
  const counts = new Map<Grade, number>();
  for (const { proof } of proofsOf(room)) {
    counts.set(proof.grade, (counts.get(proof.grade) ?? 0) + 1);
  }
  const without = room.plan.steps.length - [...counts.values()].reduce((sum, n) => sum + n, 0);
  return [
    ...[...counts].map(([grade, count]) => `${count} ${GRADE_LABELS[grade].toLowerCase()}`),
    ...(without > 0 ? [`${without} not proven yet`] : []),
  ].join(', ');
}
