import { numberOf } from '@/lib/core/pair-migrations';
import type { Pairing } from './pairing';
import { plainNumber } from './script-names';

/**
 * The naming patterns that a folder's paired scripts follow, the most used first:
 * `rollback/{number}_rollback.sql`, `{tag}.down.sql`.
 * @param paired by tag
 */
export function namingOf(paired: Pairing['paired']): string[] {
  const uses = new Map<string, number>();
  for (const [tag, { path }] of paired) {
    const pattern = patternOf(tag, path);
    uses.set(pattern, (uses.get(pattern) ?? 0) + 1);
  }
  return [...uses]
    .sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1))
    .map(([pattern]) => pattern);
}

function patternOf(tag: string, path: string): string {
  if (path.includes(tag)) return path.replaceAll(tag, () => '{tag}');
  const number = plainNumber(numberOf(tag) ?? '');
  return path.replace(/\d+/g, (digits) => (plainNumber(digits) === number ? '{number}' : digits));
}
