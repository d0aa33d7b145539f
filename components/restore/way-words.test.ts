import { describe, expect, it } from 'vitest';
import type { MovedSchema } from '@/lib/core/restore';
import { namesOf } from './way-words';

const room = {
  id: 12,
  backup: { label: 'B-0003' },
  databases: { present: 'chat', restored: null, former: null },
  schemas: null,
};

function schema(name: string, ids: Pick<MovedSchema, 'presentOid' | 'newOid'>): MovedSchema {
  return { name, ...ids, restored: `${name}_restored`, former: `${name}_before` };
}

const both = { presentOid: 1, newOid: 2 };

describe('the names of what a restore moves', () => {
  it('are those of two databases, planned until they are there', () => {
    const planned = namesOf({ ...room, way: 'beside' });
    expect(planned).toMatchObject({
      restored: 'chat_restore_b0003_er0012',
      former: 'chat_before_er0012',
    });
    expect(planned.typed.former).toBe('chat_before_er0012');
    const databases = { present: 'chat', restored: 'chat_r', former: 'chat_f' };
    expect(namesOf({ ...room, way: 'beside', databases })).toMatchObject({
      restored: 'chat_r',
      former: 'chat_f',
    });
  });

  it('are those of schemas in place, by their ending until they are there', () => {
    expect(namesOf({ ...room, way: 'in_place' })).toEqual({
      restored: 'schemas that end in _restore_b0003_er0012',
      former: 'schemas that end in _before_er0012',
      typed: { restored: 'restore_b0003_er0012', former: 'before_er0012' },
    });
  });

  it('leave out a schema that is on one side alone, and count what would be too long', () => {
    const schemas = [
      schema('app', both),
      schema('fresh', { presentOid: null, newOid: 3 }),
      schema('gone', { presentOid: 4, newOid: null }),
    ];
    expect(namesOf({ ...room, way: 'in_place', schemas })).toMatchObject({
      restored: 'app_restored and fresh_restored',
      former: 'app_before and gone_before',
    });
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => schema(name, both));
    expect(namesOf({ ...room, way: 'in_place', schemas: many }).former).toBe(
      'a_before, b_before, c_before and 2 more',
    );
  });
});
