import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { BackstepError } from '@/lib/core/errors';

/** What an encrypted file's name ends in, beside that of the file. */
export const ENCRYPTED_SUFFIX = '.age';

export interface WrittenFile {
  bytes: number;
  sha256: string;
}

/**
 * Encrypts a file to age recipients, streamed: it may be larger than memory.
 * @throws BackstepError `config_invalid` for a recipient that is none; the signal's reason
 */
export async function encryptFile(
  source: string,
  destination: string,
  recipients: readonly string[],
  signal?: AbortSignal,
): Promise<WrittenFile> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new BackstepError(
        'config_invalid',
        `backups.encryption: '${recipient}' is not an age recipient. Recipients look like age1…; age-keygen -y prints that of an identity.`,
        { cause },
      );
    }
  }
  return write(await encrypter.encrypt(webStream(source)), destination, signal);
}

/**
 * Decrypts a file with the identities of a file that age-keygen wrote.
 * @throws BackstepError `backup_failed` when no identity fits or the file is damaged; the signal's reason
 */
export async function decryptFile(
  source: string,
  destination: string,
  identities: readonly string[],
  signal?: AbortSignal,
): Promise<WrittenFile> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await write(await decrypter.decrypt(webStream(source)), destination, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new BackstepError(
      'backup_failed',
      `${source} can’t be decrypted: ${(cause as Error).message}. Check that backups.encryption.identity_file holds the identity that the backup was encrypted to.`,
      { cause },
    );
  }
}

/**
 * The identities of an age key file: one in a line, lines with # are comments.
 * @throws BackstepError `config_invalid` when there is no file, or none in it
 */
export async function readIdentities(file: string | undefined): Promise<string[]> {
  if (file === undefined) {
    throw new BackstepError(
      'config_invalid',
      'The backup is encrypted, and no identity is configured to read it. Name an age key file in backups.encryption.identity_file.',
    );
  }
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new BackstepError(
      'config_invalid',
      `backups.encryption.identity_file cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
  const identities = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (identities.length > 0) return identities;
  throw new BackstepError(
    'config_invalid',
    `${file} holds no age identity. age-keygen writes such a file.`,
  );
}

/** Typed twice in Node.js: the platform's stream and the web's are the same at run time. */
function webStream(file: string): globalThis.ReadableStream<Uint8Array> {
  return Readable.toWeb(createReadStream(file)) as unknown as globalThis.ReadableStream<Uint8Array>;
}

async function write(
  from: globalThis.ReadableStream<Uint8Array>,
  destination: string,
  signal: AbortSignal | undefined,
): Promise<WrittenFile> {
  const meter = new Meter();
  await pipeline(
    Readable.fromWeb(from as unknown as ReadableStream<Uint8Array>),
    meter,
    createWriteStream(destination, { flags: 'wx', mode: 0o600, flush: true }),
    { signal },
  );
  return meter.written();
}

/** Counts and hashes what passes. */
export class Meter extends Transform {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: (e: null, c: Buffer) => void): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    done(null, chunk);
  }

  written(): WrittenFile {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}
