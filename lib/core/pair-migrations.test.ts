import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from './digest';
import type { MigrationFile, TrackingRow } from './migration';
import { compareCreatedAt, floorPosition, pairMigrations, sameContent } from './pair-migrations';

function file(position: number, sql = `SELECT ${position};\n`, when = 1_000 * (position + 1)) {
  const tag = `${String(position).padStart(4, '0')}_m${position}`;
  return {
    position,
    idx: position,
    tag,
    when,
    path: `${tag}.sql`,
    hash: sha256Hex(sql),
    sql,
    breakpoints: true,
  } satisfies MigrationFile;
}

const rowFor = (of: MigrationFile, id = of.position + 1): TrackingRow => ({
  id,
  hash: of.hash,
  createdAt: String(of.when),
});

const pair = (files: MigrationFile[], rows: TrackingRow[], foundation?: string) =>
  pairMigrations({ layout: 'journal', files, rows, rollbacks: new Map(), foundation });

const states = (files: MigrationFile[], rows: TrackingRow[], foundation?: string) =>
  pair(files, rows, foundation).entries.map((entry) => `${entry.key} ${entry.state}`);

describe('pairing files with rows', () => {
  const files = [0, 1, 2, 3].map((position) => file(position));

  it('takes a row with the same hash and time for the file, and the rest as pending', () => {
    const { entries, head } = pair(
      files,
      files.slice(0, 2).map((of) => rowFor(of)),
    );
    expect(entries.map((entry) => [entry.key, entry.number, entry.state, entry.row?.id])).toEqual([
      ['0000_m0', '0000', 'applied', 1],
      ['0001_m1', '0001', 'applied', 2],
      ['0002_m2', '0002', 'pending', undefined],
      ['0003_m3', '0003', 'pending', undefined],
    ]);
    expect(head?.key).toBe('0001_m1');
  });

  it('knows no head where nothing is applied', () => {
    expect(pair(files, []).head).toBeUndefined();
    expect(new Set(states(files, []).map((line) => line.split(' ')[1]))).toEqual(
      new Set(['pending']),
    );
    expect(pair([], [])).toEqual({ entries: [], head: undefined });
  });

  it('calls a file changed whose row has another hash at its time', () => {
    const rows = files.map((of) => rowFor(of));
    rows[1] = { id: 2, hash: 'f'.repeat(64), createdAt: '2000' };
    const { entries } = pair(files, rows);
    expect(entries[1]).toMatchObject({ state: 'changed', fileChanged: true, row: rows[1] });
  });

  it('does not call a file changed whose line endings alone differ', () => {
    const crlf = file(1, 'A;\r\nB;\r\n');
    const lf = file(1, 'A;\nB;\n');
    expect(states([crlf], [rowFor(lf)])).toEqual(['0001_m1 applied']);
    expect(states([lf], [rowFor(crlf)])).toEqual(['0001_m1 applied']);
    expect(sameContent(file(1, 'A;\nC;\n'), lf.hash)).toBe(false);
  });

  it('shows a row without a file as unknown, at the place of its time', () => {
    const rows = [rowFor(files[0] as MigrationFile), { id: 9, hash: 'x', createdAt: '1500' }];
    expect(states(files.slice(0, 2), rows)).toEqual([
      '0000_m0 applied',
      'unknown-9 unknown',
      '0001_m1 pending',
    ]);
  });

  it('counts a second row of the same migration as unknown, not as another one', () => {
    const [first] = files as [MigrationFile];
    expect(states([first], [rowFor(first, 1), rowFor(first, 2)])).toEqual([
      '0000_m0 applied',
      'unknown-2 unknown',
    ]);
  });

  it('calls skipped what is not newer than the newest row and has none', () => {
    const rows = [rowFor(files[0] as MigrationFile), rowFor(files[2] as MigrationFile)];
    expect(states(files, rows)).toEqual([
      '0000_m0 applied',
      '0001_m1 skipped',
      '0002_m2 applied',
      '0003_m3 pending',
    ]);
    // Not newer, though not older either: migrate() passes over it just the same.
    const twin = { ...file(4), when: 3_000 };
    expect(states([...files.slice(0, 3), twin], rows).at(-1)).toBe('0004_m4 skipped');
  });

  it('does not mix up migrations that share one hash', () => {
    const empty = [0, 1, 2].map((position) => file(position, ''));
    const { entries } = pair(empty, [
      rowFor(empty[0] as MigrationFile, 5),
      rowFor(empty[2] as MigrationFile, 6),
    ]);
    expect(entries.map((entry) => [entry.key, entry.state, entry.row?.id])).toEqual([
      ['0000_m0', 'applied', 5],
      ['0001_m1', 'skipped', undefined],
      ['0002_m2', 'applied', 6],
    ]);
  });

  it('tells apart migrations of one time by their hash', () => {
    const twins = [file(0, 'A', 1_000), file(1, 'B', 1_000)];
    const rows = [rowFor(twins[1] as MigrationFile, 1), rowFor(twins[0] as MigrationFile, 2)];
    const { entries } = pair(twins, rows);
    expect(entries.map((entry) => [entry.key, entry.row?.id])).toEqual([
      ['0001_m1', 1],
      ['0000_m0', 2],
    ]);
  });

  it('takes the newest time for the head, not the newest id', () => {
    const rows = [rowFor(files[1] as MigrationFile, 1), rowFor(files[0] as MigrationFile, 2)];
    expect(pair(files, rows).head?.key).toBe('0001_m1');
  });
});

describe('a file that is not there', () => {
  it('keeps its row by the time, and nobody says that it changed', () => {
    const gone = { ...file(1), absent: true, hash: '', sql: '' };
    const { entries } = pair([file(0), gone, file(2)], [rowFor(file(0)), rowFor(file(1))]);
    expect(entries.map((entry) => [entry.key, entry.state, entry.fileChanged])).toEqual([
      ['0000_m0', 'applied', false],
      ['0001_m1', 'applied', false],
      ['0002_m2', 'pending', false],
    ]);
  });
});

describe('folders of drizzle 1.0', () => {
  const BASE = Date.UTC(2026, 0, 1);
  function folder(position: number, sql = `SELECT ${position};\n`, second = position) {
    const when = BASE + second * 1_000;
    const digits = new Date(when).toISOString().replace(/\D/g, '').slice(0, 14);
    const tag = `${digits}_m${position}`;
    return { ...file(position, sql, when), tag, path: `${tag}/migration.sql` };
  }
  const pairFolders = (files: MigrationFile[], rows: TrackingRow[]) =>
    pairMigrations({ layout: 'folders', files, rows, rollbacks: new Map(), foundation: undefined });
  const found = (files: MigrationFile[], rows: TrackingRow[]) =>
    pairFolders(files, rows).entries.map((entry) => [entry.key, entry.state, entry.row?.id]);
  const files = [0, 1, 2].map((position) => folder(position));
  const [first, second, third] = files as [MigrationFile, MigrationFile, MigrationFile];

  it('pair by name, whatever hash and time say', () => {
    const rows = [
      { ...rowFor(first, 1), name: first.tag },
      { id: 2, hash: third.hash, createdAt: String(third.when), name: second.tag },
    ];
    expect(found(files, rows)).toEqual([
      [first.tag, 'applied', 1],
      // Of one time, what is applied comes first.
      [second.tag, 'changed', 2],
      [third.tag, 'pending', undefined],
    ]);
  });

  it('have nothing skipped: what has no row of its name is pending', () => {
    expect(found(files, [{ ...rowFor(third, 1), name: third.tag }])).toEqual([
      [first.tag, 'pending', undefined],
      [second.tag, 'pending', undefined],
      [third.tag, 'applied', 1],
    ]);
  });

  it('leave a row unknown whose name no folder has, even with hash and time of one', () => {
    expect(found([first], [{ ...rowFor(first, 1), name: '20250101000000_other' }])).toEqual([
      ['unknown-1', 'unknown', 1],
      [first.tag, 'pending', undefined],
    ]);
  });

  it('take rows without names by the second of their time', () => {
    const rows = [
      { id: 1, hash: first.hash, createdAt: String(first.when + 204) },
      { id: 2, hash: 'f'.repeat(64), createdAt: String(second.when + 999) },
      { id: 3, hash: third.hash, createdAt: String(third.when + 1_000) },
    ];
    expect(found(files, rows)).toEqual([
      [first.tag, 'applied', 1],
      [second.tag, 'changed', 2],
      [third.tag, 'applied', 3],
    ]);
  });

  it('tell folders of one second apart by their hash, and give up without it', () => {
    const twins = [folder(0, 'A', 0), folder(1, 'B', 0)];
    const at = String(twins[0]?.when);
    const rows = [
      { id: 1, hash: sha256Hex('B'), createdAt: at },
      { id: 2, hash: sha256Hex('C'), createdAt: at },
    ];
    expect(found(twins, rows)).toEqual([
      [twins[1]?.tag, 'applied', 1],
      ['unknown-2', 'unknown', 2],
      [twins[0]?.tag, 'pending', undefined],
    ]);
  });

  it('never take the hash of an empty migration for its name', () => {
    const empty = [folder(0, '', 0), folder(1, '', 1), folder(2, 'only one', 2)];
    const rows = [
      { id: 1, hash: sha256Hex(''), createdAt: '5000' },
      { id: 2, hash: sha256Hex('only one'), createdAt: '6000' },
    ];
    expect(found(empty, rows)).toEqual([
      ['unknown-1', 'unknown', 1],
      [empty[2]?.tag, 'applied', 2],
      [empty[0]?.tag, 'pending', undefined],
      [empty[1]?.tag, 'pending', undefined],
    ]);
  });

  it('put each file and each row into exactly one entry', () => {
    const rowOf = fc.record({
      hash: fc.constantFrom('', 'A', 'B'),
      at: fc.nat(4_000),
      named: fc.option(fc.nat(5)),
    });
    const shape = { sql: fc.constantFrom('', 'A', 'B'), second: fc.nat(3) };
    fc.assert(
      fc.property(
        fc.array(fc.record(shape), { maxLength: 6 }),
        fc.array(rowOf, { maxLength: 8 }),
        (sketches, rowSketches) => {
          const all = sketches.map(({ sql, second: at }, index) => folder(index, sql, at));
          const rows = rowSketches.map(({ hash, at, named }, index): TrackingRow => {
            const name = named === null ? undefined : (all[named]?.tag ?? 'elsewhere');
            return {
              id: index + 1,
              hash: sha256Hex(hash),
              createdAt: String(BASE + at),
              ...(name !== undefined && { name }),
            };
          });
          const { entries } = pairFolders(all, rows);
          const tags = entries.flatMap((entry) => entry.file?.tag ?? []);
          expect(tags.sort()).toEqual(all.map(({ tag }) => tag).sort());
          const ids = entries.flatMap((entry) => entry.row?.id ?? []);
          expect(ids.sort()).toEqual(rows.map(({ id }) => id).sort());
          for (const { file: one, row } of entries) {
            if (one && row?.name !== undefined) expect(row.name).toBe(one.tag);
          }
        },
      ),
    );
  });
});

describe('the floor', () => {
  const files = [0, 1, 2].map((position) => file(position));
  const rows = files.slice(0, 2).map((of) => rowFor(of));

  it('makes what is applied at or below it foundational', () => {
    expect(states(files, rows, '0000')).toEqual([
      '0000_m0 foundational',
      '0001_m1 applied',
      '0002_m2 pending',
    ]);
    expect(states(files, rows, '0002_m2')).toEqual([
      '0000_m0 foundational',
      '0001_m1 foundational',
      '0002_m2 pending',
    ]);
  });

  it('still tells that a foundational file has changed', () => {
    const changed = [{ ...(rows[0] as TrackingRow), hash: 'x' }];
    expect(pair(files, changed, '0000').entries[0]).toMatchObject({
      state: 'foundational',
      fileChanged: true,
    });
  });

  it('is found by tag or number, and the newest of several counts', () => {
    const twice = [file(0), { ...file(1), tag: '0000_again' }];
    expect(floorPosition(twice, '0000')).toBe(1);
    expect(floorPosition(twice, '0000_m0')).toBe(0);
    expect(floorPosition(twice, undefined)).toBe(-1);
    expect(floorPosition(twice, '0007')).toBeUndefined();
  });
});

describe('whatever the files and rows are', () => {
  const anything = fc
    .record({
      files: fc.array(fc.record({ sql: fc.constantFrom('', 'A', 'B', 'C'), when: fc.nat(6) }), {
        maxLength: 8,
      }),
      rows: fc.array(fc.record({ hash: fc.constantFrom('', 'A', 'B', 'Z'), at: fc.nat(6) }), {
        maxLength: 8,
      }),
    })
    .map(({ files, rows }) => ({
      files: files.map(({ sql, when }, position) => file(position, sql, when)),
      rows: rows.map(
        ({ hash, at }, index): TrackingRow => ({
          id: index + 1,
          hash: sha256Hex(hash),
          createdAt: String(at),
        }),
      ),
    }));

  it('each file and each row is in exactly one entry', () => {
    fc.assert(
      fc.property(anything, ({ files, rows }) => {
        const { entries } = pair(files, rows);
        const inFiles = entries.flatMap((entry) => entry.file ?? []);
        const inRows = entries.flatMap((entry) => entry.row ?? []);
        expect(inFiles.map((one) => one.tag).sort()).toEqual(files.map((one) => one.tag).sort());
        expect(inRows.map((one) => one.id).sort()).toEqual(rows.map((one) => one.id).sort());
        expect(new Set(entries.map((entry) => entry.key)).size).toBe(entries.length);
      }),
    );
  });

  it('a pair always shares its time, and exact pairs are never given up for inexact ones', () => {
    fc.assert(
      fc.property(anything, ({ files, rows }) => {
        const { entries } = pair(files, rows);
        for (const { file: one, row } of entries) {
          if (one && row) expect(row.createdAt).toBe(String(one.when));
        }
        const exact = (key: string) =>
          Math.min(
            files.filter((one) => `${one.hash} ${one.when}` === key).length,
            rows.filter((row) => `${row.hash} ${row.createdAt}` === key).length,
          );
        const keys = new Set(files.map((one) => `${one.hash} ${one.when}`));
        const possible = [...keys].reduce((sum, key) => sum + exact(key), 0);
        const found = entries.filter((entry) => entry.row && entry.file?.hash === entry.row.hash);
        expect(found.length).toBe(possible);
      }),
    );
  });

  it('what is pending is exactly what migrate() would apply', () => {
    fc.assert(
      fc.property(anything, ({ files, rows }) => {
        const last = rows.map((row) => Number(row.createdAt)).sort((a, b) => b - a)[0];
        const { entries } = pair(files, rows);
        for (const { file: one, row, state } of entries) {
          if (!one || row) continue;
          expect(state === 'pending').toBe(last === undefined || last < one.when);
        }
      }),
    );
  });

  it('entries are in the order of time', () => {
    fc.assert(
      fc.property(anything, ({ files, rows }) => {
        const times = pair(files, rows).entries.map(
          (entry) => entry.row?.createdAt ?? String(entry.file?.when),
        );
        expect(times).toEqual([...times].sort(compareCreatedAt));
      }),
    );
  });
});
