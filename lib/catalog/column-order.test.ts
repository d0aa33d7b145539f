import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CatalogObject, CatalogSnapshot } from '@/lib/core/catalog';
import { columnOrderChanges } from './index';

/** A table with these columns, whose numbers have the gaps that dropped columns leave. */
function snapshot(columns: readonly string[], gap = 1, kind: CatalogObject['kind'] = 'table') {
  const parent = 'public.t';
  const objects: CatalogObject[] = [
    { kind, name: parent, attributes: {} },
    ...columns.map((name, place) => ({
      kind: 'column' as const,
      name: `${parent}.${name}`,
      parent,
      position: 1 + place * gap,
      attributes: { type: 'integer' },
    })),
  ];
  return {
    serverVersionNum: 150_000,
    objects: Object.fromEntries(objects.map((one) => [`${one.kind} ${one.name}`, one])),
  } satisfies CatalogSnapshot;
}

test.each([
  ['a column added again stands last', ['a', 'b', 'c'], ['b', 'c', 'a'], ['public.t']],
  ['the last column added again stands where it stood', ['a', 'b'], ['a', 'b'], []],
  ['a new column between', ['a', 'b'], ['a', 'x', 'b'], []],
  ['a dropped column', ['a', 'b', 'c'], ['a', 'c'], []],
  ['one gone, two swapped', ['a', 'b', 'c'], ['c', 'a'], ['public.t']],
  ['no columns', [], ['a'], []],
])('%s', (_what, before, after, expected) => {
  expect(columnOrderChanges(snapshot(before), snapshot(after, 3))).toEqual(expected);
});

test('a view’s order is part of its definition, a foreign table’s is not', () => {
  const of = (kind: CatalogObject['kind']) =>
    columnOrderChanges(snapshot(['a', 'b'], 1, kind), snapshot(['b', 'a'], 1, kind));
  expect(of('view')).toEqual([]);
  expect(of('foreign_table')).toEqual(['public.t']);
});

test('gaps and columns that only one side has never count', () => {
  const names = fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 });
  fc.assert(
    fc.property(names, fc.func(fc.boolean()), fc.nat(5), (columns, keep, gap) => {
      const kept = columns.filter((name) => keep(name));
      expect(columnOrderChanges(snapshot(columns), snapshot(kept, gap + 1))).toEqual([]);
      expect(columnOrderChanges(snapshot(kept), snapshot(columns, gap + 1))).toEqual([]);
      const turned = kept.length > 1 ? ['public.t'] : [];
      expect(columnOrderChanges(snapshot(columns), snapshot(kept.toReversed()))).toEqual(turned);
    }),
  );
});
