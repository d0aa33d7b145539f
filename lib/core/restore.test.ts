import { describe, expect, it } from 'vitest';
import {
  isSetAsideSchema,
  markerSchema,
  movedSchemas,
  OPEN_RESTORE_STATUSES,
  parseRestoreLabel,
  RESTORE_STATUS_CHANGES,
  RESTORE_STATUSES,
  restoreDatabaseNames,
  restoreLabel,
} from './restore';

describe('a restore’s label', () => {
  it('is read as it is written', () => {
    expect(restoreLabel(7)).toBe('ER-0007');
    expect(parseRestoreLabel('ER-0007')).toBe(7);
    for (const text of ['ER-7', 'RB-0007', 'ER-0007x', '']) {
      expect(parseRestoreLabel(text)).toBeUndefined();
    }
  });
});

describe('the names of databases', () => {
  it('tell the backup and the restore', () => {
    expect(restoreDatabaseNames('agentim', { id: 1, backupId: 21 })).toEqual({
      restored: 'agentim_restore_b0021_er0001',
      former: 'agentim_before_er0001',
    });
  });

  it('fit into 63 bytes without cutting a character or their end', () => {
    for (const name of ['x'.repeat(63), 'ü'.repeat(31), '😀'.repeat(15)]) {
      const { restored, former } = restoreDatabaseNames(name, { id: 12, backupId: 345 });
      for (const [text, end] of [
        [restored, '_restore_b0345_er0012'],
        [former, '_before_er0012'],
      ] as const) {
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(63);
        expect(text.endsWith(end)).toBe(true);
        expect(name.startsWith(text.slice(0, -end.length))).toBe(true);
        expect(text).not.toContain('\uFFFD');
      }
    }
  });
});

describe('the status changes', () => {
  it('reach every status from a draft, and end where nothing is open', () => {
    const reached = new Set(['draft']);
    for (let grown = true; grown; ) {
      grown = false;
      for (const [from, to] of RESTORE_STATUS_CHANGES) {
        if (reached.has(from) && !reached.has(to)) {
          reached.add(to);
          grown = true;
        }
      }
    }
    expect(reached).toEqual(new Set(RESTORE_STATUSES));
    const leaves = new Set<string>(RESTORE_STATUS_CHANGES.map(([from]) => from));
    for (const status of OPEN_RESTORE_STATUSES) expect(leaves).toContain(status);
  });
});

describe('the names of schemas in place', () => {
  const restore = { id: 12, backupId: 3 };

  it('end alike, and are recognized by it', () => {
    const [app, fresh] = movedSchemas([{ name: 'app', oid: 7 }], ['fresh', 'app'], restore);
    expect(app).toEqual({
      name: 'app',
      presentOid: 7,
      newOid: null,
      restored: 'app_restore_b0003_er0012',
      former: 'app_before_er0012',
    });
    expect(fresh).toMatchObject({ name: 'fresh', presentOid: null });
    expect(isSetAsideSchema('app_restore_b0003_er0012')).toBe(true);
    expect(isSetAsideSchema('app_before_er0012')).toBe(true);
    expect(isSetAsideSchema(markerSchema(restore))).toBe(true);
    for (const name of [
      'app',
      'app_before',
      'app_before_er12',
      'x_restore_er0012',
      'before_er0012',
    ])
      expect([name, isSetAsideSchema(name)]).toEqual([name, false]);
  });

  it('stay within 63 bytes and different, also of long ones and of one called like the marker', () => {
    const long = ['a', 'b', 'c'].map((end, oid) => ({ name: `${'é'.repeat(31)}${end}`, oid }));
    const moved = movedSchemas([...long, { name: 'backstep', oid: 9 }], [], restore);
    const names = moved.flatMap(({ restored, former }) => [restored, former]);
    expect(new Set([...names, markerSchema(restore)]).size).toBe(names.length + 1);
    for (const name of names) {
      expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(63);
      expect(isSetAsideSchema(name)).toBe(true);
    }
  });
});
