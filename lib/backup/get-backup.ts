import { eq } from 'drizzle-orm';
import { type BackupManifest, type Ctx, databaseNow, findBackup, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { BackupPage } from '@/lib/core/backup-views';
import { BackstepError } from '@/lib/core/errors';
import { readBackups, testRestoresOf } from './backup-line';
import { linesOf } from './list-backups';
import { ENCRYPTED_SUFFIX } from './store/encrypted-file';

/** A database of very many tables has as many files; nobody reads them all on a page. */
const FILES_SHOWN = 1_000;

/**
 * One backup with its manifest, its checks and all its test restores.
 * @throws BackstepError `forbidden`, `not_found`
 */
export async function getBackup(ctx: Ctx, input: { backup: string }): Promise<BackupPage> {
  requirePermission(ctx.actor, 'target.read');
  const id = findBackup(input.backup);
  const found = await readBackups(ctx, eq(tables.backups.id, id), 1);
  const now = await databaseNow(ctx);
  const [line] = await linesOf(ctx, found, now.getTime());
  const row = found[0]?.row;
  if (!line || !row) throw new BackstepError('not_found', `${input.backup} does not exist.`);
  return {
    now: now.toISOString(),
    backup: line,
    checks: row.checks,
    manifest: row.manifest && shown(row.manifest),
    manifestSha256: row.manifestSha256,
    encrypted: row.stored?.some((file) => file.path.endsWith(ENCRYPTED_SUFFIX)) ?? false,
    testRestores: await testRestoresOf(ctx, [id]),
  };
}

function shown(manifest: BackupManifest): NonNullable<BackupPage['manifest']> {
  const { database, head, trackingRows, schemaFingerprint, tool, files } = manifest;
  return {
    database,
    head,
    trackingRows,
    schemaFingerprint,
    tool,
    files: files.slice(0, FILES_SHOWN),
    fileCount: files.length,
    rows: manifest.rows ?? null,
    extensions: manifest.extensions ?? null,
  };
}
