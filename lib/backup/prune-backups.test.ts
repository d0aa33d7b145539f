import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupLabel, loadFacts, tables } from '@/lib/control';
import { pastGuards } from '@/lib/control/testing/fixture';
import type { RollbackStatus } from '@/lib/core/rollback';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { confirmBackup, getBackup, listBackups, pruneBackups } from '.';
import { auditOf, backupRow, planBackup, systemCtx } from './backup.test-setup';
import { removeKept } from './store/remove-kept';

let planned: PlannedRollback;
let folder: string;
beforeEach(async () => {
  planned = await planBackup();
  folder = path.join(planned.config.backups.directory, 'chat-test');
  planned.config.backups.retention = { count: 1, days: 7 };
});
afterEach(() => planned.close());

interface Kept {
  ageDays: number;
  state?: 'passed' | 'failed';
  location?: string;
  rollbackId?: number;
  /** Bytes on disk. */
  there?: boolean;
}

/** A backup of that age, with a folder of its own. */
async function kept({ ageDays, state = 'passed', there = true, ...over }: Kept): Promise<number> {
  const taken = new Date(Date.now() - ageDays * 24 * 3_600_000).toISOString();
  const { backups } = tables;
  const [row] = await planned.control.db
    .insert(backups)
    .values({
      target: 'chat-test',
      method: 'pg_dump',
      takenBy: planned.people.on_call.id,
      state,
      level: state === 'passed' ? 'read' : null,
      queuedAt: taken,
      snapshotAt: state === 'passed' ? taken : null,
      location: '-',
      manifestSha256: 'a'.repeat(64),
      manifest: {
        format: 'backstep-manifest-1',
        target: 'chat-test',
        database: planned.plan.database,
        head: '0001_topic',
        trackingRows: 2,
        schemaFingerprint: planned.plan.schemaFingerprint,
        tool: 'pg_dump 15.18',
        files: [],
      },
      rollbackId: over.rollbackId ?? null,
    })
    .returning({ id: backups.id });
  const id = row?.id ?? 0;
  const name = `${backupLabel(id)}${state === 'passed' ? '' : '.quarantined'}`;
  const location = over.location ?? path.join(folder, name);
  await planned.control.db.update(backups).set({ location }).where(eq(backups.id, id));
  if (there) {
    await mkdir(location, { recursive: true });
    await writeFile(path.join(location, 'toc.dat'), 'bytes');
  }
  return id;
}

const statusIs = (status: RollbackStatus) =>
  pastGuards(planned.control, (db) =>
    db.update(tables.rollbacks).set({ status }).where(eq(tables.rollbacks.id, planned.rollbackId)),
  );
const prune = () => pruneBackups(systemCtx(planned));
const onDisk = async () => (await readdir(folder)).sort();

describe('pruning', () => {
  it('removes the bytes, keeps the row with the reason, and tells the history', async () => {
    const old = await kept({ ageDays: 30 });
    const leftover = await kept({ ageDays: 20, state: 'failed' });
    const newest = await kept({ ageDays: 10 });
    expect(await prune()).toEqual({ pruned: [old, leftover], problems: [] });
    expect(await onDisk()).toEqual([backupLabel(newest)]);
    expect(await backupRow(planned, old)).toMatchObject({
      state: 'passed',
      prunedAt: expect.any(String),
      pruneReason: 'It is older than 7 days and not among the newest 1 of its target.',
    });
    expect(await auditOf(planned)).toMatchObject(
      [old, leftover].map((id) => ({
        action: 'backup.prune',
        outcome: 'done',
        target: 'chat-test',
        subject: backupLabel(id),
        payload: { backup: backupLabel(id), reason: expect.stringMatching(/older than 7 days/) },
      })),
    );
    expect(
      await confirmBackup(systemCtx(planned), {
        backup: { id: old },
        identity: planned.plan.database,
      }),
    ).toEqual({ ok: false, reason: expect.stringMatching(/^It was pruned: /) });
    expect(await prune()).toEqual({ pruned: [], problems: [] });
  });

  it('does nothing without a retention', async () => {
    await kept({ ageDays: 300 });
    await kept({ ageDays: 200 });
    delete planned.config.backups.retention;
    expect(await prune()).toEqual({ pruned: [], problems: [] });
    expect(await onDisk()).toHaveLength(2);
  });

  it.each(['draft', 'approved', 'running', 'stopped', 'unknown'] as const)(
    'leaves alone what a rollback refers to that is %s',
    async (status) => {
      await kept({ ageDays: 30, rollbackId: planned.rollbackId });
      await kept({ ageDays: 1 });
      await statusIs(status);
      expect((await prune()).pruned).toEqual([]);
      expect(await onDisk()).toHaveLength(2);
    },
  );

  it('lets it go when the rollback is over, whose room still shows it', async () => {
    const old = await kept({ ageDays: 30, rollbackId: planned.rollbackId });
    await kept({ ageDays: 1 });
    await statusIs('succeeded');
    expect((await prune()).pruned).toEqual([old]);
    const { input } = await loadFacts(systemCtx(planned), planned.rollbackId);
    expect(input.backup).toMatchObject({ id: old, prunedAt: expect.any(String) });
  });

  it('leaves alone what is being restored to test it', async () => {
    const old = await kept({ ageDays: 30 });
    await kept({ ageDays: 1 });
    await planned.control.db.insert(tables.testRestores).values({ backupId: old });
    expect((await prune()).pruned).toEqual([]);
    await planned.control.db.update(tables.testRestores).set({ state: 'failed' });
    expect((await prune()).pruned).toEqual([old]);
  });

  it.each([
    ['the folder of all backups', () => planned.config.backups.directory],
    ['the folder of a target', () => folder],
    ['the folder of another target', () => path.join(folder, '..', 'shop', 'B-0001')],
    ['another backup’s folder', () => path.join(folder, 'B-0099')],
    ['a path that leads back', () => `${folder}/B-0001/../../../keep`],
    ['somewhere else', () => path.join(planned.home, 'B-0001')],
    ['the root', () => '/'],
  ])('never removes %s, whatever a row says', async (_name, where) => {
    const location = where();
    await mkdir(path.join(planned.home, 'keep'), { recursive: true });
    const old = await kept({ ageDays: 30, location, there: location !== '/' });
    await kept({ ageDays: 1 });
    expect(await prune()).toEqual({ pruned: [], problems: [] });
    expect((await stat(location)).isDirectory()).toBe(true);
    expect((await backupRow(planned, old)).prunedAt).toBeNull();
  });

  it('that is cut off between the bytes and the record is finished in the next round', async () => {
    const old = await kept({ ageDays: 30 });
    await kept({ ageDays: 1 });
    await planned.control.pool.query('ALTER TABLE backstep.audit_log RENAME TO audit_log_away');
    const { pruned, problems } = await prune();
    expect([pruned, problems.map(({ backupId }) => backupId)]).toEqual([[], [old]]);
    await planned.control.pool.query('ALTER TABLE backstep.audit_log_away RENAME TO audit_log');
    expect((await backupRow(planned, old)).prunedAt).toBeNull();
    // Its bytes are gone: whoever relies on it finds out.
    expect(
      await confirmBackup(systemCtx(planned), {
        backup: { id: old },
        identity: planned.plan.database,
      }),
    ).toMatchObject({ ok: false });
    expect((await prune()).pruned).toEqual([old]);
    expect(await auditOf(planned)).toHaveLength(1);
  });

  it('goes on with the others when one can’t be removed, and says which', async () => {
    const stuck = await kept({ ageDays: 40 });
    const old = await kept({ ageDays: 30 });
    await kept({ ageDays: 1 });
    const result = await pruneBackups(systemCtx(planned), {
      async remove(config, location) {
        if (location.endsWith(backupLabel(stuck))) throw new Error('the disk does not answer');
        await removeKept(config, location);
      },
    });
    expect(result.pruned).toEqual([old]);
    expect(result.problems).toMatchObject([{ backupId: stuck, cause: expect.any(Error) }]);
    expect((await backupRow(planned, stuck)).prunedAt).toBeNull();
  });

  it('by two executors at once is done and told once', async () => {
    const old = await kept({ ageDays: 30 });
    await kept({ ageDays: 1 });
    const both = await Promise.all([prune(), prune()]);
    expect(both.flatMap(({ pruned }) => pruned)).toEqual([old]);
    expect(await auditOf(planned)).toHaveLength(1);
  });
});

describe('the pages of backups', () => {
  it('list them newest first, each with what keeps it and what may be done', async () => {
    const old = await kept({ ageDays: 30 });
    const gone = await kept({ ageDays: 40 });
    const held = await kept({ ageDays: 50, rollbackId: planned.rollbackId });
    const newest = await kept({ ageDays: 1 });
    await planned.control.db
      .update(tables.backups)
      .set({ prunedAt: sql`now()`, pruneReason: 'It was old.' })
      .where(eq(tables.backups.id, gone));
    const page = await listBackups(planned.as(planned.people.reviewer));
    expect(page.backups.map(({ id }) => id)).toEqual([newest, held, gone, old]);
    expect(
      page.backups.map(({ retention, pruned, heldBy }) => [
        retention?.prune,
        pruned?.reason,
        heldBy,
      ]),
    ).toEqual([
      [false, undefined, null],
      [false, undefined, planned.label],
      [undefined, 'It was old.', null],
      [true, undefined, null],
    ]);
    expect(page).toMatchObject({
      more: false,
      retention: { count: 1, days: 7 },
      targets: [
        {
          name: 'chat-test',
          methods: ['pg_dump'],
          level: 'read',
          take: { allowed: false, roleOnly: true },
          attest: { allowed: false },
        },
      ],
    });
    expect(page.backups[0]).toMatchObject({
      label: backupLabel(newest),
      environment: 'development',
      level: 'read',
      head: '0001_topic',
      rollback: null,
      acts: {
        test: { allowed: true },
        cancel: { allowed: false, roleOnly: false },
        confirm: { allowed: false },
      },
    });
    expect(page.backups[0]?.ageMs).toBeGreaterThan(23 * 3_600_000);
    expect(
      (await listBackups(planned.as(planned.people.auditor), { target: 'shop' })).backups,
    ).toEqual([]);
  });

  it('show one with its manifest and its test restores', async () => {
    const id = await kept({ ageDays: 1 });
    await planned.control.db.insert(tables.testRestores).values([
      { backupId: id, state: 'failed', error: 'No room.' },
      { backupId: id, state: 'queued' },
    ]);
    const page = await getBackup(planned.as(planned.people.auditor), { backup: backupLabel(id) });
    expect(page).toMatchObject({
      backup: { id, level: 'read', testRestore: { state: 'queued' }, heldBy: 'A test restore' },
      manifest: { head: '0001_topic', fileCount: 0, rows: null },
      encrypted: false,
      testRestores: [{ state: 'queued' }, { state: 'failed', error: 'No room.' }],
    });
    const ask = (backup: string) => getBackup(planned.as(planned.people.auditor), { backup });
    await expect(ask('B-9999')).rejects.toMatchObject({ code: 'not_found' });
    await expect(ask('9999')).rejects.toMatchObject({ code: 'not_found' });
  });
});
