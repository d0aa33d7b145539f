import { describe, expect, it } from 'vitest';
import type { DumpedSchema } from '@/lib/restored';
import { entriesInPlace, schemasOf } from './dump-entries';

const LISTED = [
  ';',
  '; Archive created at 2026-11-23 10:00:00 UTC',
  '1; 0 0 ENCODING - ENCODING ',
  '2; 2615 2200 SCHEMA - public pg_database_owner',
  '3; 2615 100 SCHEMA - app owner',
  '4; 2615 101 SCHEMA - extensions owner',
  '5; 2615 102 SCHEMA - app_before_er0001 owner',
  '6; 0 0 ACL - SCHEMA app owner',
  '7; 0 0 ACL - SCHEMA extensions owner',
  '8; 0 0 COMMENT - SCHEMA app_before_er0001 owner',
  '9; 3079 103 EXTENSION - citext ',
  '10; 0 0 COMMENT - EXTENSION citext ',
  '11; 1259 104 TABLE app orders owner',
  '12; 0 104 TABLE DATA app orders owner',
  '13; 0 105 TABLE DATA public spatial_ref_sys owner',
  '14; 1259 106 TABLE app_before_er0001 orders owner',
  '15; 0 106 TABLE DATA app_before_er0001 orders owner',
  '16; 1259 107 TABLE backstep_rescue rows owner',
  '17; 6104 108 PUBLICATION - feed owner',
  '18; 6106 109 PUBLICATION TABLE app orders owner',
  '19; 3466 110 EVENT TRIGGER - watch owner',
  '20; 2605 111 CAST - CAST (app.a AS text) ',
  '21; 826 112 DEFAULT ACL app DEFAULT PRIVILEGES FOR TABLES owner',
  '22; 826 113 DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES owner',
  '23; 1259 114 INDEX app orders_idx owner',
  '24; 2613 115 BLOB - 16400 owner',
  '25; 0 0 SEARCHPATH - SEARCHPATH ',
];

describe('the entries of a dump that are restored in place', () => {
  it('are those of its own schemas, without what belongs to the database or to Backstep', () => {
    const { lines, data, built } = entriesInPlace(LISTED, { created: [], kept: ['extensions'] });
    expect(lines.map((line) => line.split(';')[0]).map(Number)).toEqual([
      1, 2, 3, 6, 11, 12, 21, 23, 25,
    ]);
    expect([data, built]).toEqual([1, 1]);
  });

  it('leave out the creation of a schema that is made before, and keep its rights', () => {
    const { lines } = entriesInPlace(LISTED, { created: ['app'], kept: ['extensions'] });
    expect(lines).not.toContain('3; 2615 100 SCHEMA - app owner');
    expect(lines).toContain('6; 0 0 ACL - SCHEMA app owner');
  });
});

describe('the schemas that a backup brings', () => {
  const object = (kind: 'schema' | 'table', name: string) => ({ kind, name, attributes: {} });
  const dumped = (...objects: ReturnType<typeof object>[]): DumpedSchema => ({
    format: 'backstep-schema-1',
    catalog: {
      serverVersionNum: 150_000,
      objects: Object.fromEntries(objects.map((one) => [`${one.kind} ${one.name}`, one])),
    },
    roles: [],
    extensions: [{ name: 'citext', version: '1.6', schema: 'extensions' }],
    searchPath: 'public',
  });
  const tracking = { schema: 'drizzle' };
  const present = { kept: new Set(['extensions']), extensions: new Set(['citext']) };

  it('are its own and the one of the tracking table, as they are called', () => {
    const schemas = ['public', '"My ""App"""', 'extensions', 'backstep_rescue', 'a_before_er0001'];
    const found = schemasOf(
      dumped(...schemas.map((name) => object('schema', name))),
      tracking,
      present,
    );
    expect(found).toEqual(['public', 'My "App"', 'drizzle']);
  });

  it('can’t be told of an older backup, and not restored without an extension that it wants', () => {
    expect(() => schemasOf(null, tracking, present)).toThrow(/older Backstep/);
    expect(() => schemasOf(dumped(), tracking, { ...present, extensions: new Set() })).toThrow(
      /does not have any more: citext/,
    );
  });

  it('may have nothing in a schema that stays, as it would be mixed with what is there', () => {
    expect(() => schemasOf(dumped(object('table', 'extensions.mine')), tracking, present)).toThrow(
      /extensions\.mine/,
    );
  });
});
