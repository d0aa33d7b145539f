import { expect, it } from 'vitest';
import type { SchemaChange } from './catalog';
import { countChanges } from './change-words';

const change = (
  change: SchemaChange['change'],
  kind: SchemaChange['kind'],
  name: string,
  parent?: string,
): SchemaChange => ({ change, kind, name, ...(parent !== undefined && { parent }) });

it('counts what comes, goes and changes, by kind', () => {
  expect(
    countChanges([
      change('removed', 'column', 'public.rooms.topic', 'public.rooms'),
      change('removed', 'column', 'public.rooms.emoji', 'public.rooms'),
      change('added', 'index', 'public.rooms_a_idx', 'public.rooms'),
      change('changed', 'constraint', 'public.rooms.rooms_fk', 'public.rooms'),
    ]),
  ).toBe('−2 columns, +1 index, ±1 constraint');
});

it('counts a table once, with all its parts', () => {
  expect(
    countChanges([
      change('removed', 'table', 'public.labels'),
      change('removed', 'column', 'public.labels.id', 'public.labels'),
      change('removed', 'index', 'public.labels_pkey', 'public.labels'),
      change('removed', 'policy', 'public.rooms.p', 'public.rooms'),
    ]),
  ).toBe('−1 table, −1 policy');
});

it('says nothing where nothing changes', () => {
  expect(countChanges([])).toBe('');
});
