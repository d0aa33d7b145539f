import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupManifest } from '@/lib/control';
import type { BackupsConfig } from '@/lib/core/policy';
import { type ObjectServer, startObjectServer } from '@/lib/testing/object-server';
import { createPartialFolder, filesOf } from '../backup-folder';
import { hashFiles, MANIFEST_FILE, writeManifest } from '../manifest';
import { keepBackup } from './keep-backup';
import type { KeptBackup } from './kept-backup';
import { openBackup } from './open-backup';
import { removeKept } from './remove-kept';
import { verifyKept } from './verify-kept';

let home: string;
let server: ObjectServer;
let identity: string;
let recipient: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstep-store-'));
  server = await startObjectServer();
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  await writeFile(path.join(home, 'key.txt'), `# made by age-keygen\n${identity}\n`);
});

afterEach(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

const plain = (): BackupsConfig => ({ directory: path.join(home, 'backups'), jobs: 1 });
const encrypted = (): BackupsConfig => ({
  ...plain(),
  encryption: { recipients: [recipient], identityFile: path.join(home, 'key.txt') },
});
const stored = (config: BackupsConfig): BackupsConfig => ({
  ...config,
  storage: {
    endpoint: server.endpoint,
    region: 'us-east-1',
    bucket: server.bucket,
    prefix: 'shop/',
    accessKey: server.accessKey,
    secretKey: 'a secret',
    pathStyle: true,
  },
});

const CONTENTS = { 'toc.dat': 'the table of contents', '3001.dat.gz': 'x'.repeat(200_000) };

/** A finished dump's folder, kept as the configuration says. */
async function keep(
  config: BackupsConfig,
  contents: Record<string, string | Buffer> = CONTENTS,
): Promise<KeptBackup & { partial: string }> {
  const folder = await createPartialFolder(config.directory, 'shop', 'B-0001');
  for (const [name, text] of Object.entries(contents))
    await writeFile(path.join(folder.path, name), text);
  const manifest = {
    files: await hashFiles(folder.path, await filesOf(folder.path)),
  } as unknown as BackupManifest;
  await writeManifest(folder.path, manifest);
  const kept = await keepBackup({
    config,
    folder,
    target: 'shop',
    label: 'B-0001',
    manifest,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return { ...kept, manifest, partial: folder.path };
}

async function contentsOf(config: BackupsConfig, backup: KeptBackup) {
  const opened = await openBackup(config, backup, { executorId: 'an-executor' });
  const read = Object.fromEntries(
    await Promise.all(
      backup.manifest.files.map(async ({ path: name }) => [
        name,
        await readFile(path.join(opened.folder, name), 'utf8'),
      ]),
    ),
  );
  await opened.dispose();
  return read;
}

describe.each([
  ['a folder', plain],
  ['a folder, encrypted', encrypted],
  ['objects', () => stored(plain())],
  ['objects, encrypted', () => stored(encrypted())],
])('a backup in %s', (name, configOf) => {
  it('comes back byte by byte, is found unchanged, and can be removed', async () => {
    const config = configOf();
    const backup = await keep(config);
    expect(await contentsOf(config, backup)).toEqual(CONTENTS);
    if (backup.stored)
      expect(await verifyKept(config, { ...backup, stored: backup.stored })).toEqual({ ok: true });
    await removeKept(config, backup.location);
    await expect(contentsOf(config, backup)).rejects.toThrow();
    expect(server.objects.size).toBe(0);
    expect(name.includes('encrypted')).toBe(backup.stored?.[0]?.path.endsWith('.age') ?? false);
  });
});

describe('an encrypted backup', () => {
  it('holds nothing of the data in the clear', async () => {
    const { location } = await keep(encrypted());
    for (const { path: name } of await filesOf(location)) {
      const bytes = await readFile(path.join(location, name));
      expect(bytes.includes('xxxxxxxx')).toBe(false);
      expect(name === MANIFEST_FILE || name.endsWith('.age')).toBe(true);
    }
  });

  it('is not read with another identity, and says which setting to look at', async () => {
    const backup = await keep(encrypted());
    await writeFile(path.join(home, 'key.txt'), await generateX25519Identity());
    await expect(contentsOf(encrypted(), backup)).rejects.toThrow(/identity_file/);
    await writeFile(path.join(home, 'key.txt'), 'nothing');
    await expect(contentsOf(encrypted(), backup)).rejects.toThrow(/holds no age identity/);
    const without = { ...plain(), encryption: { recipients: [recipient] } };
    await expect(contentsOf(without, backup)).rejects.toThrow(/no identity is configured/);
  });

  it('of which a byte was changed is found out', async () => {
    const backup = await keep(encrypted());
    const file = path.join(backup.location, '3001.dat.gz.age');
    const bytes = await readFile(file);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect(await verifyKept(encrypted(), { ...backup, stored: backup.stored ?? [] })).toMatchObject(
      {
        ok: false,
        reason: expect.stringContaining('3001.dat.gz.age has changed'),
      },
    );
    await expect(contentsOf(encrypted(), backup)).rejects.toThrow(/decrypted/);
  });

  it('wants a recipient that is one', async () => {
    const config = { ...plain(), encryption: { recipients: ['ssh-ed25519 AAAA'] } };
    await expect(keep(config)).rejects.toThrow(/is not an age recipient/);
  });
});

describe('an object storage', () => {
  it('takes what is larger than one part', async () => {
    const large = { 'toc.dat': Buffer.alloc(40 * 1024 * 1024, 'abc') };
    const config = stored(plain());
    const backup = await keep(config, large);
    const opened = await openBackup(config, backup, { executorId: 'an-executor' });
    expect((await readFile(path.join(opened.folder, 'toc.dat'))).equals(large['toc.dat'])).toBe(
      true,
    );
    await opened.dispose();
  });

  it('that keeps other bytes than it was given is found out, and holds nothing afterwards', async () => {
    server.mischief.push({ method: 'PUT', key: /3001/, does: 'flip' });
    await expect(keep(stored(plain()))).rejects.toThrow(/does not come back/);
    expect(server.objects.size).toBe(0);
  });

  it('that is cut off in the middle leaves the dump where it is', async () => {
    server.mischief.push({ method: 'PUT', key: /toc/, does: 'cut' });
    await expect(keep(stored(plain()))).rejects.toThrow(
      /did not write shop\/shop\/B-0001\/toc.dat/,
    );
    const left = await filesOf(path.join(home, 'backups', 'shop', 'B-0001.partial'));
    expect(left.map((file) => file.path)).toContain('3001.dat.gz');
  });

  it('that refuses says which setting to look at, and never the secret', async () => {
    server.mischief.push({ method: 'GET', key: /^$/, does: 403 });
    const refused = await keep(stored(plain())).catch((cause: Error) => cause);
    expect((refused as Error).message).toMatch(/access_key and secret_key/);
    expect(JSON.stringify(refused) + String(refused)).not.toContain('a secret');
  });

  it('whose object was replaced is found out', async () => {
    const config = stored(plain());
    const backup = await keep(config);
    const key = 'shop/shop/B-0001/toc.dat';
    server.objects.set(key, Buffer.from('another one'));
    const check = () => verifyKept(config, { ...backup, stored: backup.stored ?? [] });
    expect(await check()).toMatchObject({ ok: false, reason: expect.stringMatching(/toc.dat/) });
    await expect(contentsOf(config, backup)).rejects.toThrow(/has changed/);
    server.objects.delete(key);
    expect(await check()).toMatchObject({ reason: expect.stringMatching(/missing/) });
  });

  it('gives a second installation a name of its own', async () => {
    const first = await keep(stored(plain()));
    const second = await keep(stored(plain()));
    expect(first.location).toBe('s3://backups/shop/shop/B-0001');
    expect(second.location).toBe('s3://backups/shop/shop/B-0001.2');
  });

  it('that is no longer configured is named', async () => {
    const backup = await keep(stored(plain()));
    await expect(contentsOf(plain(), backup)).rejects.toThrow(/names no bucket/);
  });
});
