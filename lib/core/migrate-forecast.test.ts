import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTracking } from '@/lib/target';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { sha256Hex } from './digest';
import { forecastMigrate, skippedWhenIncremental } from './migrate-forecast';
import type { MigrationFile, TrackingRow } from './migration';

function file(position: number, when: number, sql = `SELECT ${position};`): MigrationFile {
  const tag = `${String(position).padStart(4, '0')}_m`;
  const name = `${tag}.sql`;
  const hash = sha256Hex(sql);
  return { position, idx: position, tag, when, path: name, hash, sql, breakpoints: true };
}

const rowOf = ({ hash, when }: MigrationFile, id: number): TrackingRow => ({
  id,
  hash,
  createdAt: String(when),
});

describe('drizzle 0.45 itself does what was forecast', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let home: string;
  let schemas = 0;
  beforeAll(async () => {
    database = await createTestDatabase();
    client = await database.connect();
    home = await mkdtemp(path.join(tmpdir(), 'backstep-forecast-'));
  });
  afterAll(async () => {
    await client.end();
    await Promise.all([database.drop(), rm(home, { recursive: true, force: true })]);
  });

  /** A database of its own as far as drizzle goes, and the means to migrate it. */
  async function deployment() {
    schemas += 1;
    const tracking = { schema: `applied_${schemas}`, table: '__drizzle_migrations' };
    const folder = path.join(home, tracking.schema);
    await mkdir(path.join(folder, 'meta'), { recursive: true });
    await client.query(
      `CREATE SCHEMA ${tracking.schema};
       CREATE TABLE ${tracking.schema}.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
    );
    const rows = () => readTracking(client, tracking);
    return {
      rows,
      folder,
      async undoNewest(count: number) {
        await client.query(
          `DELETE FROM ${tracking.schema}.__drizzle_migrations
            WHERE id IN (SELECT id FROM ${tracking.schema}.__drizzle_migrations
                          ORDER BY created_at DESC, id DESC LIMIT $1)`,
          [count],
        );
      },
      /** @returns tags that drizzle has applied, in its order */
      async migrate(files: readonly MigrationFile[]): Promise<string[]> {
        for (const one of files) await writeFile(path.join(folder, one.path), one.sql);
        const entries = files.map(({ idx, when, tag }) => ({ idx, when, tag, breakpoints: true }));
        await writeFile(
          path.join(folder, 'meta', '_journal.json'),
          JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
        );
        const before = new Set((await rows()).map(({ id }) => id));
        await migrate(drizzle(client), {
          migrationsFolder: folder,
          migrationsSchema: tracking.schema,
        });
        const applied = (await rows()).filter(({ id }) => !before.has(id));
        return applied.map(({ hash }) => files.find((one) => one.hash === hash)?.tag ?? hash);
      },
    };
  }

  const tags = (...files: MigrationFile[]) => files.map(({ tag }) => tag);

  it('with a database from nothing: everything, though the times are out of order', async () => {
    const files = [file(0, 5_000), file(1, 2_000), file(2, 9_000), file(3, 9_000)];
    const live = await deployment();
    const forecast = forecastMigrate({ layout: 'journal', files, rows: await live.rows() });
    expect(forecast).toEqual({ drizzle: '0.x', applies: tags(...files), skips: [] });
    expect(await live.migrate(files)).toEqual(forecast.applies);
  });

  it('with an older time on top: it is skipped, and stays so', async () => {
    const [first, second, late, next] = [5_000, 9_000, 7_000, 10_000].map((when, index) =>
      file(index, when),
    ) as [MigrationFile, MigrationFile, MigrationFile, MigrationFile];
    const live = await deployment();
    await live.migrate([first, second]);
    for (const files of [
      [first, second, late],
      [first, second, late, next],
    ]) {
      const forecast = forecastMigrate({ layout: 'journal', files, rows: await live.rows() });
      expect(forecast.skips.map(({ tag }) => tag)).toEqual([late.tag]);
      expect(forecast.skips[0]?.why).toContain(`newest applied migration, ${second.tag}:`);
      expect(await live.migrate(files)).toEqual(forecast.applies);
    }
  });

  it('with the newest undone: it comes again; with one below it undone: it does not', async () => {
    const files = [file(0, 1_000), file(1, 2_000), file(2, 3_000)];
    const live = await deployment();
    await live.migrate(files);
    await live.undoNewest(1);
    const again = forecastMigrate({ layout: 'journal', files, rows: await live.rows() });
    expect(again.applies).toEqual(['0002_m']);
    expect(await live.migrate(files)).toEqual(['0002_m']);
    await client.query(
      `DELETE FROM applied_${schemas}.__drizzle_migrations WHERE created_at = 2000`,
    );
    const rows = await live.rows();
    const gone = forecastMigrate({ layout: 'journal', files, rows });
    expect([gone.applies, gone.skips.map(({ tag }) => tag)]).toEqual([[], ['0001_m']]);
    expect(await live.migrate(files)).toEqual([]);
  });

  it('with a file of the journal missing: it fails before it applies anything', async () => {
    const files = [file(0, 1_000), file(1, 2_000)];
    const live = await deployment();
    await live.migrate(files.slice(0, 1));
    const absent = files.map((one) => ({ ...one, absent: one.position === 0 }));
    expect(
      forecastMigrate({ layout: 'journal', files: absent, rows: await live.rows() }),
    ).toMatchObject({ applies: [], fails: expect.stringContaining('0000_m.sql is not there') });
    await live.migrate(files.slice(0, 1));
    await rm(path.join(live.folder, '0000_m.sql'));
    await writeFile(path.join(live.folder, '0001_m.sql'), 'SELECT 1;');
    await expect(
      migrate(drizzle(client), {
        migrationsFolder: live.folder,
        migrationsSchema: `applied_${schemas}`,
      }),
    ).rejects.toThrow(/0000_m\.sql/);
  });

  it('with any history of deployments and rollbacks', async () => {
    const history = fc.record({
      whens: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 }),
      steps: fc.array(fc.record({ upTo: fc.nat(7), undo: fc.nat(2) }), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ whens, steps }) => {
        const all = whens.map((when, index) => file(index, when * 1_000));
        const live = await deployment();
        for (const { upTo, undo } of steps) {
          const files = all.slice(0, upTo);
          const rows = await live.rows();
          const forecast = forecastMigrate({ layout: 'journal', files, rows });
          const known = new Set([...forecast.applies, ...forecast.skips.map(({ tag }) => tag)]);
          expect(known.size).toBe(forecast.applies.length + forecast.skips.length);
          expect(await live.migrate(files)).toEqual(forecast.applies);
          const after = await live.rows();
          for (const one of files) {
            const applied = after.some(({ hash }) => hash === one.hash);
            expect(applied).toBe(!forecast.skips.some(({ tag }) => tag === one.tag));
          }
          await live.undoNewest(undo);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('an incremental migrate of a journal', () => {
  it('passes over what is not newer than all before it', () => {
    const files = [5, 3, 6, 6, 7].map((when, index) => file(index, when));
    const skipped = skippedWhenIncremental({ layout: 'journal', files });
    expect(skipped.map(({ tag }) => tag)).toEqual(['0001_m', '0003_m']);
    expect(skipped[1]?.why).toContain('that of 0002_m before it');
    expect(skippedWhenIncremental({ layout: 'folders', files })).toEqual([]);
  });
});

describe('drizzle 1.0', () => {
  const forecast = (files: MigrationFile[], rows: TrackingRow[], named?: boolean) =>
    forecastMigrate({ layout: 'folders', files, rows, ...(named !== undefined && { named }) });
  const [a, b, c] = [1_000, 2_000, 3_000].map((when, index) => file(index, when)) as [
    MigrationFile,
    MigrationFile,
    MigrationFile,
  ];
  const named = (of: MigrationFile, id: number): TrackingRow => ({
    ...rowOf(of, id),
    name: of.tag,
  });

  it('applies what has no row of its name, however old, and skips nothing', () => {
    expect(forecast([a, b, c], [named(a, 1), named(c, 2)])).toEqual({
      drizzle: '1.x',
      applies: [b.tag],
      skips: [],
    });
    expect(forecast([a, b, c], []).applies).toEqual([a.tag, b.tag, c.tag]);
    // Neither hash nor time count once the table has names.
    expect(forecast([a], [{ id: 1, hash: 'x', createdAt: '9', name: a.tag }]).applies).toEqual([]);
  });

  it('takes a row without a name for none, in a table that has names', () => {
    expect(forecast([a, b], [named(a, 1), rowOf(b, 2)]).applies).toEqual([b.tag]);
    const byOlderImage = { ...rowOf(a, 1), appliedAt: '2026-01-01T00:00:00.000Z' };
    expect(forecast([a], [byOlderImage]).applies).toEqual([a.tag]);
    expect(forecast([a], [rowOf(a, 1)], true).applies).toEqual([a.tag]);
  });

  it('gives names to an older table by the second, then by the hash', () => {
    const rows = [
      { id: 1, hash: 'changed', createdAt: '1204' },
      { id: 2, hash: b.hash, createdAt: '77000' },
    ];
    expect(forecast([a, b, c], rows).applies).toEqual([c.tag]);
  });

  it('tells migrations of one second apart by the hash, and takes the last of one hash', () => {
    const twin = { ...c, when: b.when };
    expect(forecast([a, b, twin], [rowOf(a, 1), rowOf(twin, 2)]).applies).toEqual([b.tag]);
    const empty = [file(0, 1_000, ''), file(1, 2_000, '')];
    const row = { id: 1, hash: sha256Hex(''), createdAt: '9000' };
    expect(forecast(empty, [row]).applies).toEqual(['0000_m']);
  });

  it('stops at a row of an older table that matches nothing', () => {
    const rows = [rowOf(a, 1), { id: 7, hash: 'other', createdAt: '9000' }];
    expect(forecast([a, b], rows)).toEqual({
      drizzle: '1.x',
      applies: [],
      skips: [],
      fails: expect.stringMatching(/row 7 matches no migration/),
    });
  });
});
