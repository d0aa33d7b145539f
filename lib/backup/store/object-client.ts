import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { BackstepError } from '@/lib/core/errors';
import type { ObjectStorage } from '@/lib/core/policy';
import { Meter, type WrittenFile } from './encrypted-file';

const PART_BYTES = 16 * 1024 * 1024;
/** The protocol allows 10,000 parts to an object. */
const MOST_PARTS = 9_000;
const CONNECT_MS = 10_000;
/** Without a byte for so long the storage counts as gone. */
const SILENCE_MS = 60_000;

/** Objects of one bucket, below the configured prefix. */
export class ObjectClient {
  private readonly s3: S3Client;

  constructor(private readonly storage: ObjectStorage) {
    this.s3 = new S3Client({
      region: storage.region,
      ...(storage.endpoint ? { endpoint: storage.endpoint } : {}),
      forcePathStyle: storage.pathStyle,
      credentials: { accessKeyId: storage.accessKey, secretAccessKey: storage.secretKey },
      // Older servers of the protocol refuse the newer checksums; all of it is read back anyway.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: 4,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    });
  }

  /** @returns the ETag: it changes with the object */
  async put(file: string, bytes: number, key: string, signal?: AbortSignal): Promise<string> {
    return this.told(`write ${key}`, signal, async () => {
      const upload = new Upload({
        client: this.s3,
        params: { Bucket: this.storage.bucket, Key: key, Body: createReadStream(file) },
        partSize: Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS)),
      });
      const abort = () => void upload.abort();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const { ETag } = await upload.done();
        if (!ETag) throw new Error('the storage gave no ETag');
        return ETag;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    });
  }

  /** Reads an object to its end. */
  async read(key: string, signal?: AbortSignal): Promise<WrittenFile> {
    return this.get(key, '/dev/null', signal);
  }

  /** Reads an object into a new file. */
  async get(key: string, file: string, signal?: AbortSignal): Promise<WrittenFile> {
    return this.told(`read ${key}`, signal, async () => {
      const { Body } = await this.s3.send(
        new GetObjectCommand({ Bucket: this.storage.bucket, Key: key }),
        { abortSignal: signal },
      );
      const meter = new Meter();
      const flags = file === '/dev/null' ? 'w' : 'wx';
      await pipeline(Body as Readable, meter, createWriteStream(file, { flags, mode: 0o600 }), {
        signal,
      });
      return meter.written();
    });
  }

  /** @returns null when there is no such object */
  async head(key: string): Promise<{ bytes: number; etag: string } | null> {
    return this.told(`look at ${key}`, undefined, async () => {
      try {
        const found = await this.s3.send(
          new HeadObjectCommand({ Bucket: this.storage.bucket, Key: key }),
        );
        return { bytes: found.ContentLength ?? -1, etag: found.ETag ?? '' };
      } catch (cause) {
        if (cause instanceof S3ServiceException && cause.$metadata.httpStatusCode === 404)
          return null;
        throw cause;
      }
    });
  }

  /** Whether there is nothing below a prefix that ends in a slash. */
  async isFree(prefix: string): Promise<boolean> {
    return this.told(`look at ${prefix}`, undefined, async () => {
      const { Contents = [] } = await this.s3.send(
        new ListObjectsV2Command({ Bucket: this.storage.bucket, Prefix: prefix, MaxKeys: 1 }),
      );
      return Contents.length === 0;
    });
  }

  /** Removes every object below a prefix that ends in a slash, and what was uploaded of one by halves. */
  async removeAll(prefix: string): Promise<void> {
    await this.told(`remove ${prefix}`, undefined, () => this.abortUploads(prefix));
    await this.told(`remove ${prefix}`, undefined, async () => {
      for (;;) {
        const { Contents = [] } = await this.s3.send(
          new ListObjectsV2Command({ Bucket: this.storage.bucket, Prefix: prefix }),
        );
        const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
        if (keys.length === 0) return;
        const { Errors = [] } = await this.s3.send(
          new DeleteObjectsCommand({
            Bucket: this.storage.bucket,
            Delete: { Objects: keys, Quiet: true },
          }),
        );
        const [refused] = Errors;
        if (refused) throw new Error(`${refused.Key}: ${refused.Message ?? refused.Code}`);
      }
    });
  }

  /** Parts of an object that was never finished are in no listing, and are paid for all the same. */
  private async abortUploads(prefix: string): Promise<void> {
    const { bucket: Bucket } = this.storage;
    const listed = await this.s3
      .send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }))
      .catch((cause: unknown) => {
        // A right of its own, and not every server knows it; what is left then is not readable by anybody.
        if (cause instanceof S3ServiceException) return { Uploads: [] };
        throw cause;
      });
    for (const { Key, UploadId } of listed.Uploads ?? []) {
      if (Key?.startsWith(prefix) && UploadId)
        await this.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  }

  close(): void {
    this.s3.destroy();
  }

  /** Its errors as sentences: which storage, what was tried, what to look at. */
  private async told<T>(
    doing: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      signal?.throwIfAborted();
      const { endpoint, bucket } = this.storage;
      const where = endpoint ? `${bucket} at ${endpoint}` : bucket;
      throw new BackstepError(
        'backup_failed',
        `The storage ${where} did not ${doing}: ${wordsOf(cause)} ${remedyOf(cause)}`,
        { cause },
      );
    }
  }
}

function wordsOf(cause: unknown): string {
  const { name, message } = cause as Error;
  const text = message && message !== 'UnknownError' ? message : name;
  return text.endsWith('.') ? text : `${text}.`;
}

function remedyOf(cause: unknown): string {
  if (!(cause instanceof S3ServiceException))
    return 'Check backups.storage.endpoint and the network, then try again.';
  switch (cause.$metadata.httpStatusCode) {
    case 403:
      return 'Check access_key and secret_key in backups.storage, and what they may do in the bucket.';
    case 404:
      return 'Check bucket and prefix in backups.storage.';
    default:
      return 'Try again; if it stays, ask whoever runs the storage.';
  }
}
