import { numberOf } from '@/lib/core/pair-migrations';
import type { Pairing } from './pairing';

/**
 * Scripts by a pattern that somebody has written down: strictly, with no guesses and no candidates. A
 * script that fits two migrations, and two that fit one, are used for none of them.
 * @param pattern a path with `{number}`, `{tag}` and `*`, which stands for anything but another folder
 */
export function pairByPattern(
  pattern: string,
  tags: readonly string[],
  paths: readonly string[],
): Pairing {
  const depth = depthOf(pattern);
  const found = matchNames(
    pattern,
    tags,
    paths.filter((path) => depthOf(path) === depth),
  );
  const owners = new Map<string, string[]>();
  for (const [tag, names] of found) {
    for (const name of names) owners.set(name, [...(owners.get(name) ?? []), tag]);
  }
  const pairing: Pairing = {
    paired: new Map(),
    candidates: new Map(),
    unusable: new Map(),
    orphans: paths.filter((path) => !owners.has(path)).map((path) => ({ path })),
    remarks: [],
  };
  for (const [tag, names] of found) {
    const [path, ...more] = names;
    if (path === undefined) continue;
    const sharing = owners.get(path) ?? [];
    if (more.length > 0) {
      const problem = `${names.join(' and ')} both fit ${tag}. Keep one, or change \`rollback_pattern\`.`;
      pairing.unusable.set(tag, problem);
    } else if (sharing.length > 1) {
      const problem = `${path} fits ${[...sharing].sort().join(' and ')}. Name the scripts after the whole tag.`;
      pairing.unusable.set(tag, problem);
    } else pairing.paired.set(tag, { path, by: 'pattern' });
  }
  return pairing;
}

const depthOf = (path: string): number => path.split('/').length;

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
