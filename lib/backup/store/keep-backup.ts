import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { BackupManifest, StoredFile } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { BackupsConfig } from '@/lib/core/policy';
import { type PartialFolder, syncFolder } from '../backup-folder';
import { MANIFEST_FILE, sha256OfFile } from '../manifest';
import { ENCRYPTED_SUFFIX, encryptFile } from './encrypted-file';
import type { ObjectClient } from './object-client';
import { objectLocation, withObjects } from './place';
import { forgetUpload, noteUpload } from './unfinished-upload';

export interface Kept {
  location: string;
  /** What lies there, where it is not the manifest's files as they are. */
  stored: StoredFile[] | null;
}

export interface KeepRequest {
  config: BackupsConfig;
  folder: PartialFolder;
  target: string;
  label: string;
  manifest: BackupManifest;
  signal: AbortSignal;
  onProgress(phase: 'Encrypting' | 'Storing' | 'Reading back', bytes: number): void;
}

/**
 * Takes a finished folder to where backups are kept: encrypted where recipients are configured, and
 * into the object storage where there is one. Each object is read back to its end before it counts.
 * What was uploaded stays noted until `forgetUpload`, which follows the record of the backup.
 * @throws BackstepError `backup_failed` or `config_invalid`, with the folder left where it is; the
 *   signal's reason
 */
export async function keepBackup(request: KeepRequest): Promise<Kept> {
  const { config, folder } = request;
  const stored = config.encryption ? await encryptAll(request, config.encryption) : null;
  if (!config.storage) return { location: await folder.publish(), stored };
  const files = stored ?? request.manifest.files;
  const { storage } = config;
  return withObjects(storage, async (client) => {
    const prefix = await freePrefix(client, [storage.prefix, request.target, request.label]);
    await noteUpload(folder.path, objectLocation(storage, prefix));
    try {
      const kept = await putAll(client, request, files, prefix);
      await rm(folder.path, { recursive: true });
      return { location: objectLocation(storage, prefix), stored: kept };
    } catch (cause) {
      await client.removeAll(`${prefix}/`).then(
        () => forgetUpload(folder.path),
        () => undefined,
      );
      throw cause;
    }
  });
}

async function encryptAll(
  { folder, manifest, signal, onProgress }: KeepRequest,
  { recipients }: NonNullable<BackupsConfig['encryption']>,
): Promise<StoredFile[]> {
  const encrypted: StoredFile[] = [];
  let bytes = 0;
  for (const file of manifest.files) {
    const plain = path.join(folder.path, file.path);
    const name = `${file.path}${ENCRYPTED_SUFFIX}`;
    const written = await encryptFile(plain, path.join(folder.path, name), recipients, signal);
    encrypted.push({ path: name, ...written });
    await rm(plain);
    bytes += file.bytes;
    onProgress('Encrypting', bytes);
  }
  await syncFolder(folder.path);
  return encrypted;
}

/**
 * Another installation may write to the same bucket, and be in the middle of it: the next name is taken
 * below which there is nothing.
 */
async function freePrefix(client: ObjectClient, parts: string[]): Promise<string> {
  const base = parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/');
  for (let number = 1; ; number += 1) {
    const prefix = number === 1 ? base : `${base}.${number}`;
    if (await client.isFree(`${prefix}/`)) return prefix;
  }
}

async function putAll(
  client: ObjectClient,
  { folder, signal, onProgress }: KeepRequest,
  files: readonly StoredFile[],
  prefix: string,
): Promise<StoredFile[]> {
  const manifest = path.join(folder.path, MANIFEST_FILE);
  const all = [...files, { path: MANIFEST_FILE, ...(await sha256OfFile(manifest, signal)) }];
  const kept: StoredFile[] = [];
  let bytes = 0;
  // The manifest goes last: where it is, the rest is.
  for (const file of all) {
    const key = `${prefix}/${file.path}`;
    const etag = await client.put(path.join(folder.path, file.path), file.bytes, key, signal);
    kept.push({ ...file, etag });
    bytes += file.bytes;
    onProgress('Storing', bytes);
  }
  bytes = 0;
  for (const file of kept) {
    const key = `${prefix}/${file.path}`;
    const back = await client.read(key, signal);
    if (back.sha256 !== file.sha256) {
      throw new BackstepError(
        'backup_failed',
        `${key} does not come back from the storage as it was written. Take the backup again; if it stays, ask whoever runs the storage.`,
      );
    }
    bytes += file.bytes;
    onProgress('Reading back', bytes);
  }
  return kept;
}
