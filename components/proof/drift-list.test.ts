import { expect, it } from 'vitest';
import type { SchemaChange } from '@/lib/core/catalog';
import { firstGroups } from './drift-list';

const column = (table: string, name: string): SchemaChange => ({
  change: 'added',
  kind: 'column',
  name: `${table}.${name}`,
  parent: table,
});

it('shows whole objects, never half of one', () => {
  const changes = [column('public.b', 'x'), column('public.a', 'x'), column('public.a', 'y')];
  expect(firstGroups(changes, 1).map((one) => one.name)).toEqual(['public.a.x', 'public.a.y']);
  expect(firstGroups(changes, 3)).toHaveLength(3);
  expect(firstGroups([], 3)).toEqual([]);
});
