import { describe, expect, it } from 'vitest';
import type { CatalogObject, CatalogSnapshot } from '@/lib/core/catalog';
import { nameSchemaDifferences, schemaObjectHashes } from './schema-objects';

const snapshot = (...objects: CatalogObject[]): CatalogSnapshot => ({
  serverVersionNum: 150_018,
  objects: Object.fromEntries(objects.map((object) => [`${object.kind} ${object.name}`, object])),
});

const view = (change: Partial<CatalogObject> = {}): CatalogObject => ({
  kind: 'materialized_view',
  name: 'public.room_overview',
  attributes: { definition: 'SELECT 1' },
  ...change,
});

describe('the hashes of a schema', () => {
  it('go by structure, not by place, owner or rights', () => {
    const same = view({ position: 7, owner: 'somebody', acl: ['a=r/b'] });
    expect(schemaObjectHashes(snapshot(same))).toEqual(schemaObjectHashes(snapshot(view())));
    const other = view({ attributes: { definition: 'SELECT 2' } });
    expect(schemaObjectHashes(snapshot(other))).not.toEqual(schemaObjectHashes(snapshot(view())));
  });
});

describe('a difference', () => {
  it('is named by kind and object', () => {
    const before = { 'materialized_view public.a_b': '1', 'table public.gone': '1' };
    const after = { 'materialized_view public.a_b': '2', 'table public.new': '1' };
    expect(nameSchemaDifferences(before, after)).toEqual([
      'materialized view public.a_b changed',
      'table public.gone is gone',
      'table public.new is new',
    ]);
    expect(nameSchemaDifferences(before, before)).toEqual([]);
  });

  it('is counted where there are too many to name', () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`table t${n}`, '1']));
    expect(nameSchemaDifferences({}, many).slice(5)).toEqual(['table t5 is new', '2 more objects']);
    delete many['table t7'];
    expect(nameSchemaDifferences({}, many).at(-1)).toBe('1 more object');
  });
});
