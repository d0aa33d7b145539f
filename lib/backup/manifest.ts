import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BackupManifest } from '@/lib/control';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';

/** Beside the dump's own files; pg_restore reads only what its table of contents names. */
export const MANIFEST_FILE = 'manifest.json';

export type Finding = { ok: true } | { ok: false; reason: string };

/** SHA-256 of each file, streamed: a dump's files can be larger than memory. */
export async function hashFiles(
  folder: string,
  files: readonly { path: string; bytes: number }[],
  options: { signal?: AbortSignal; onHashed?(bytes: number): void } = {},
): Promise<BackupManifest['files']> {
  const hashed: BackupManifest['files'] = [];
  let bytes = 0;
  for (const file of files) {
    hashed.push({ ...file, sha256: await hashFile(path.join(folder, file.path), options.signal) });
    bytes += file.bytes;
    options.onHashed?.(bytes);
  }
  return hashed;
}

async function hashFile(file: string, signal?: AbortSignal): Promise<string> {
  return (await sha256OfFile(file, signal)).sha256;
}

/** Reads a file to its end. @throws what the file system says; the signal's reason */
export async function sha256OfFile(
  file: string,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    createReadStream(file),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        yield chunk;
      }
    },
    hash,
    { signal },
  );
  return { bytes, sha256: hash.digest('hex') };
}

/** The bytes of a manifest: the same for equal content, also after it went through jsonb. */
const manifestText = (manifest: BackupManifest): string => `${canonicalJson(manifest)}\n`;

/** Writes the manifest durably and tells its SHA-256. */
export async function writeManifest(folder: string, manifest: BackupManifest): Promise<string> {
  const text = manifestText(manifest);
  const handle = await open(path.join(folder, MANIFEST_FILE), 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return sha256Hex(text);
}

/** What is needed to check a backup again: the row of the control database has it. */
export interface StoredBackup {
  location: string | null;
  manifest: BackupManifest | null;
  manifestSha256: string | null;
}

/**
 * Reads the whole backup again and compares it with the manifest, and the manifest with what the
 * control database knows of it. Files that the manifest does not name are not part of the backup.
 */
export async function verifyStoredBackup(
  backup: StoredBackup,
  options: { signal?: AbortSignal } = {},
): Promise<Finding> {
  const { location, manifest, manifestSha256 } = backup;
  if (location === null || manifest === null || manifestSha256 === null) {
    return { ok: false, reason: 'The backup was never completed.' };
  }
  if (sha256Hex(manifestText(manifest)) !== manifestSha256) {
    return { ok: false, reason: 'The recorded manifest does not match its own checksum.' };
  }
  let stored: Buffer;
  try {
    stored = await readFile(path.join(location, MANIFEST_FILE));
  } catch (error) {
    return { ok: false, reason: cannotRead(path.join(location, MANIFEST_FILE), error) };
  }
  if (sha256Hex(stored) !== manifestSha256) {
    return {
      ok: false,
      reason: `${MANIFEST_FILE} in ${location} is not the one that was written.`,
    };
  }
  for (const file of manifest.files) {
    const finding = await verifyFile(location, file, options.signal);
    if (!finding.ok) return finding;
  }
  return { ok: true };
}

async function verifyFile(
  location: string,
  file: BackupManifest['files'][number],
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const full = path.join(location, file.path);
  try {
    const found = await lstat(full);
    if (!found.isFile()) return { ok: false, reason: `${full} is not a regular file any more.` };
    if (found.size !== file.bytes) {
      return {
        ok: false,
        reason: `${full} has ${found.size} bytes, and the manifest says ${file.bytes}.`,
      };
    }
    if ((await hashFile(full, signal)) !== file.sha256) {
      return { ok: false, reason: `${full} has changed: its checksum is not the manifest's.` };
    }
    return { ok: true };
  } catch (error) {
    signal?.throwIfAborted();
    return { ok: false, reason: cannotRead(full, error) };
  }
}

function cannotRead(file: string, error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? `${file} is missing.`
    : `${file} cannot be read: ${(error as Error).message}.`;
}
