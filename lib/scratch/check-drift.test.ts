import { afterEach, describe, expect, it } from 'vitest';
import type { MigrationEntry, MigrationLayout, MigrationList } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import { adminUrl } from '@/lib/testing/database';
import { checkDrift, type DriftInput } from '.';
import { asAdmin, migrationsOf, randomName, Workshop } from './scratch.test-setup';

const workshop = new Workshop();
afterEach(() => workshop.clear());

const TEXTS = {
  '0000_rooms': 'CREATE TABLE rooms (id int PRIMARY KEY, name text)',
  '0001_tasks': 'CREATE TABLE tasks (id int PRIMARY KEY, room int)',
};

/** What reading folder and tracking table gives, all of it applied. */
function listOf(texts: Record<string, string>, layout: MigrationLayout = 'journal') {
  const { files, rows, contents } = migrationsOf(texts, layout);
  const entries = files.map(
    (file, position): MigrationEntry => ({
      key: file.tag,
      tag: file.tag,
      number: file.tag.slice(0, 4),
      state: 'applied',
      fileChanged: false,
      file: { ...file, position, idx: position, sql: contents[file.path] ?? '' },
      row: rows[position],
      rollback: undefined,
      rollbackProblem: undefined,
      candidates: [],
      proof: undefined,
      blockedBy: undefined,
    }),
  );
  return { entries, rows, layout };
}

async function drift(
  target: TargetConfig,
  list: Pick<MigrationList, 'entries' | 'rows' | 'layout'>,
  more: Partial<DriftInput> = {},
) {
  const name = `test_drift_${randomName()}`;
  const version = await asAdmin((admin) =>
    admin.query<{ num: number }>("SELECT current_setting('server_version_num')::int AS num"),
  );
  try {
    return await checkDrift(target, {
      list,
      scratchUrl: adminUrl(),
      name,
      serverVersionNum: version.rows[0]?.num ?? 0,
      signal: new AbortController().signal,
      ...more,
    });
  } finally {
    const left = await asAdmin((admin) =>
      admin.query('SELECT FROM pg_database WHERE datname = $1', [name]),
    );
    expect(left.rowCount).toBe(0);
  }
}

describe('drift of a live schema from its files', () => {
  it.each(['journal', 'folders'] as const)('is none where they agree (%s)', async (layout) => {
    const { target } = await workshop.target(...Object.values(TEXTS));
    const seen: [number, number][] = [];
    const report = await drift(target, listOf(TEXTS, layout), {
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(report).toMatchObject({ headTag: '0001_tasks', changes: [], unreplayable: null });
    expect(report.objectsCompared).toBeGreaterThanOrEqual(8);
    expect(Date.parse(report.checkedAt)).toBeGreaterThan(0);
    expect(seen).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('is told object by object', async () => {
    const { target } = await workshop.target(
      TEXTS['0000_rooms'],
      'ALTER TABLE rooms ALTER name SET NOT NULL',
      'CREATE INDEX by_hand ON rooms (name)',
    );
    const { changes } = await drift(target, listOf(TEXTS));
    expect(changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        'changed column public.rooms.name',
        'added index public.by_hand',
        'removed table public.tasks',
      ]),
    );
  });

  it('counts no migration that is not applied', async () => {
    const { target } = await workshop.target(TEXTS['0000_rooms']);
    const list = listOf(TEXTS);
    const entries = list.entries.map((entry) =>
      entry.tag === '0001_tasks' ? { ...entry, state: 'pending' as const, row: undefined } : entry,
    );
    expect(await drift(target, { ...list, entries })).toMatchObject({
      headTag: '0000_rooms',
      changes: [],
    });
  });

  it('begins with the bootstrap script', async () => {
    const { target } = await workshop.target('CREATE SCHEMA app', 'CREATE TABLE app.rooms ()');
    const list = listOf({ '0000_rooms': 'CREATE TABLE app.rooms ()' });
    expect((await drift(target, list)).unreplayable).toMatch(/schema "app" does not exist/);
    const report = await drift(target, list, { bootstrap: 'CREATE SCHEMA app' });
    expect(report).toMatchObject({ changes: [], unreplayable: null });
  });

  it('is not known where the files do not replay, which says why', async () => {
    const { target } = await workshop.target(TEXTS['0000_rooms']);
    const report = await drift(
      target,
      listOf({ '0000_a': 'ALTER TABLE nowhere ADD COLUMN b int' }),
    );
    expect(report).toMatchObject({
      changes: [],
      unreplayable: '0000_a.sql, line 1: relation "nowhere" does not exist (SQLSTATE 42P01)',
    });
  });

  it('is not known where an applied migration has no file any more', async () => {
    const { target } = await workshop.target(...Object.values(TEXTS));
    const list = listOf(TEXTS);
    const entries = list.entries.map((entry) =>
      entry.file && entry.tag === '0001_tasks'
        ? { ...entry, file: { ...entry.file, absent: true, sql: '' } }
        : entry,
    );
    expect((await drift(target, { ...list, entries })).unreplayable).toBe(
      '0001_tasks.sql is applied, and the file is not there',
    );
  });

  it('is no longer looked for when the look is stopped', async () => {
    const { target } = await workshop.target();
    const stop = new AbortController();
    const looking = drift(target, listOf({ '0000_a': 'SELECT pg_sleep(60)' }), {
      signal: stop.signal,
    });
    const sleeping = () =>
      asAdmin(async (admin) => {
        const { rowCount } = await admin.query(
          "SELECT FROM pg_stat_activity WHERE datname LIKE 'test_drift_%' AND query LIKE '%pg_sleep(60)%'",
        );
        return rowCount;
      });
    await expect.poll(sleeping, { timeout: 20_000, interval: 20 }).toBe(1);
    stop.abort(new Error('stopped by the test'));
    await expect(looking).rejects.toThrow('stopped by the test');
  });
});
