import type { CatalogKind, SchemaChange } from './catalog';

const PLURALS: Partial<Record<CatalogKind, string>> = {
  index: 'indexes',
  policy: 'policies',
  statistics: 'statistics',
  default_acl: 'default rights',
};

const wordsOf = (kind: CatalogKind, count: number): string => {
  const one = kind === 'default_acl' ? 'default right' : kind.replaceAll('_', ' ');
  return count === 1 ? one : (PLURALS[kind] ?? `${one}s`);
};

const SIGNS = { removed: '−', added: '+', changed: '±' } as const;

/**
 * A schema's changes counted: '−1 column, +2 indexes'. The parts of a table that comes or goes are
 * counted with it. Empty when nothing changes.
 */
export function countChanges(changes: readonly SchemaChange[]): string {
  const whole = new Set(
    changes
      .filter(({ change, parent }) => change !== 'changed' && parent === undefined)
      .map(({ change, name }) => `${change} ${name}`),
  );
  const counts = new Map<
    string,
    { change: SchemaChange['change']; kind: CatalogKind; n: number }
  >();
  for (const { change, kind, parent } of changes) {
    if (parent !== undefined && whole.has(`${change} ${parent}`)) continue;
    const key = `${change} ${kind}`;
    const found = counts.get(key) ?? { change, kind, n: 0 };
    counts.set(key, { ...found, n: found.n + 1 });
  }
  return [...counts.values()]
    .map(({ change, kind, n }) => `${SIGNS[change]}${n} ${wordsOf(kind, n)}`)
    .join(', ');
}
