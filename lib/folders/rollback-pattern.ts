import { numberOf } from '@/lib/core/pair-migrations';

/**
 * How teams name rollback scripts. The first one wins a tie, and is what a new script is called where
 * there is none to learn from.
 */
export const KNOWN_PATTERNS = [
  '{number}_rollback.sql',
  '{tag}.down.sql',
  '{tag}.rollback.sql',
  '{tag}_rollback.sql',
  '{tag}_down.sql',
  '{tag}.sql',
  '{number}_down.sql',
  '{number}.down.sql',
  '{number}.rollback.sql',
  '{number}.sql',
] as const;

/** The text parts between the `*` of a pattern, for one migration; undefined when it has no number. */
function partsFor(pattern: string, tag: string): string[] | undefined {
  const number = numberOf(tag);
  if (number === undefined && pattern.includes('{number}')) return undefined;
  return pattern
    .split('*')
    .map((part) => part.replaceAll('{number}', () => number ?? '').replaceAll('{tag}', () => tag));
}

function fits(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.endsWith(last) && name.length - last.length >= at;
}

/** The names that a pattern gives to each tag; tags without any are left out. */
export function matchNames(
  pattern: string,
  tags: readonly string[],
  names: readonly string[],
): Map<string, string[]> {
  const known = new Set(names);
  const matches = new Map<string, string[]>();
  for (const tag of tags) {
    const parts = partsFor(pattern, tag);
    if (!parts) continue;
    const [only] = parts;
    const found =
      parts.length === 1 && only !== undefined
        ? known.has(only)
          ? [only]
          : []
        : names.filter((name) => fits(name, parts));
    if (found.length > 0) matches.set(tag, found);
  }
  return matches;
}

/** The known pattern by which most migrations have a script. */
export function detectPattern(tags: readonly string[], names: readonly string[]): string {
  let best: { pattern: string; count: number } = { pattern: KNOWN_PATTERNS[0], count: 0 };
  for (const pattern of KNOWN_PATTERNS) {
    const count = matchNames(pattern, tags, names).size;
    if (count > best.count) best = { pattern, count };
  }
  return best.pattern;
}
