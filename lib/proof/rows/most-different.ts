import type { Combination } from './solve-conditions';

/**
 * As many combinations as asked for, chosen so that each brings values that the others do not have,
 * nulls among them after the first.
 */
export function mostDifferent(found: readonly Combination[], count: number): Combination[] {
  const seen = new Map<number, Set<string | null>>();
  const left = new Set(found);
  const chosen: Combination[] = [];
  while (chosen.length < count && left.size > 0) {
    let best: Combination | undefined;
    let most = -1;
    for (const combination of left) {
      const score = noveltyOf(combination, seen, chosen.length);
      if (score > most) {
        best = combination;
        most = score;
      }
    }
    if (!best) break;
    left.delete(best);
    chosen.push(best);
    for (const [number, value] of best) {
      seen.set(number, (seen.get(number) ?? new Set()).add(value));
    }
  }
  return chosen;
}

function noveltyOf(
  combination: Combination,
  seen: ReadonlyMap<number, ReadonlySet<string | null>>,
  row: number,
): number {
  let score = 0;
  for (const [number, value] of combination) {
    if (seen.get(number)?.has(value)) continue;
    score += value === null ? (row === 0 ? 0 : 0.9) : 1;
  }
  return score;
}
