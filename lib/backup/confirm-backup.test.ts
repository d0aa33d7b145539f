import { open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BackupManifest, tables } from '@/lib/control';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { confirmBackup } from '.';
import {
  backupRow,
  perform,
  pgDumpFound,
  planBackup,
  queueBackup,
  systemCtx,
} from './backup.test-setup';

let planned: PlannedRollback;
let id: number;
let location: string;
let manifest: BackupManifest;
let largest: string;

describe.skipIf(!pgDumpFound)('confirming a stored backup', () => {
  const originals = new Map<string, Buffer>();

  beforeAll(async () => {
    planned = await planBackup();
    id = await queueBackup(planned);
    await perform(planned, id);
    const row = await backupRow(planned, id);
    if (!row.location || !row.manifest) throw new Error(`the backup failed: ${row.error}`);
    location = row.location;
    manifest = row.manifest;
    const biggest = [...manifest.files].sort((a, b) => b.bytes - a.bytes)[0];
    largest = path.join(location, biggest?.path ?? '');
    for (const name of ['manifest.json', ...manifest.files.map((file) => file.path)]) {
      originals.set(name, await readFile(path.join(location, name)));
    }
  });
  afterAll(() => planned.close());
  beforeEach(async () => {
    for (const [name, bytes] of originals) {
      await rm(path.join(location, name), { force: true });
      await writeFile(path.join(location, name), bytes);
    }
  });

  const confirm = (identity = planned.plan.database) =>
    confirmBackup(systemCtx(planned), { backup: { id }, identity });

  it('agrees while nothing has changed', async () => {
    expect(await confirm()).toEqual({ ok: true });
  });

  it('sees a single flipped bit', async () => {
    const handle = await open(largest, 'r+');
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, 1_000);
    await handle.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 1_000);
    await handle.close();
    expect(await confirm()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/has changed/),
    });
  });

  it('sees a truncated file', async () => {
    await truncate(largest, 100);
    expect(await confirm()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/100 bytes/),
    });
  });

  it('sees a missing file, and a missing folder', async () => {
    await rm(largest);
    expect(await confirm()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/is missing/),
    });
    await rename(location, `${location}.moved`);
    expect(await confirm()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/is missing/),
    });
    await rename(`${location}.moved`, location);
  });

  it('takes no symbolic link for a file', async () => {
    await rename(largest, `${largest}.elsewhere`);
    await symlink(`${largest}.elsewhere`, largest);
    expect(await confirm()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/regular file/),
    });
    await rm(`${largest}.elsewhere`);
  });

  it('sees that manifest and files were exchanged together', async () => {
    await writeFile(largest, 'swapped');
    await writeFile(
      path.join(location, 'manifest.json'),
      JSON.stringify({ ...manifest, files: [] }),
    );
    expect(await confirm()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/manifest\.json/),
    });
  });

  it('refuses another database on the same server, and another server', async () => {
    const { database } = planned.plan;
    expect(await confirm({ ...database, name: 'another' })).toMatchObject({ ok: false });
    expect(await confirm({ ...database, systemIdentifier: '1' })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/system identifier/),
    });
  });

  it('refuses a backup that is not confirmed', async () => {
    const { backups } = tables;
    await planned.control.db.update(backups).set({ state: 'failed' }).where(eq(backups.id, id));
    expect(await confirm()).toEqual({ ok: false, reason: 'It is not a confirmed backup.' });
    await planned.control.db.update(backups).set({ state: 'passed' }).where(eq(backups.id, id));
    expect(
      await confirmBackup(systemCtx(planned), {
        backup: { id: 99 },
        identity: planned.plan.database,
      }),
    ).toMatchObject({ ok: false });
  });
});
