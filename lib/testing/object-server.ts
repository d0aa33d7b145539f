import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test may have the storage do to requests that match. */
export interface Mischief {
  method: string;
  key: RegExp;
  /** Answer with this status, cut the connection, change the bytes that are stored, or never answer. */
  does: number | 'cut' | 'flip' | 'hang';
}

export interface ObjectServer {
  endpoint: string;
  bucket: string;
  accessKey: string;
  /** By key. */
  objects: Map<string, Buffer>;
  /** Keys of objects that were begun in parts and are not finished. */
  unfinished(): string[];
  mischief: Mischief[];
  /** Never answers a request that matches. @returns when one has come */
  held(request: Pick<Mischief, 'method' | 'key'>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Stands in for an object storage outside: as much of the S3 protocol as a backup needs, in memory.
 * Signatures are not checked, only whose key they name.
 */
export async function startObjectServer(): Promise<ObjectServer> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, { key: string; parts: Map<number, Buffer> }>();
  let begun = 0;
  const heard = new EventEmitter();
  const mischief: Mischief[] = [];
  const bucket = 'backups';
  const accessKey = 'AKIATEST';

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://storage');
    const [, inBucket, ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    const method = request.method ?? 'GET';
    const bad = mischief.find((one) => one.method === method && one.key.test(key));
    const body = await read(request);
    if (bad?.does === 'cut') return void request.socket.destroy();
    if (bad?.does === 'hang') {
      heard.emit('held', bad);
      return;
    }
    if (typeof bad?.does === 'number') return fail(response, bad.does, 'Mischief');
    if (!request.headers.authorization?.includes(accessKey))
      return fail(response, 403, 'InvalidAccessKeyId');
    if (inBucket !== bucket) return fail(response, 404, 'NoSuchBucket');
    const kept = bad?.does === 'flip' ? flipped(body) : body;

    const upload = url.searchParams.get('uploadId');
    if (method === 'POST' && url.searchParams.has('uploads')) {
      begun += 1;
      const id = String(begun);
      uploads.set(id, { key, parts: new Map() });
      return xml(
        response,
        `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (upload !== null) {
      const parts = uploads.get(upload)?.parts;
      if (!parts) return fail(response, 404, 'NoSuchUpload');
      if (method === 'PUT') {
        parts.set(Number(url.searchParams.get('partNumber')), kept);
        return void response.setHeader('ETag', etagOf(kept)).end();
      }
      uploads.delete(upload);
      if (method === 'DELETE') return void response.writeHead(204).end();
      const whole = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
      objects.set(key, whole);
      return xml(
        response,
        `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>${etagOf(whole)}</ETag></CompleteMultipartUploadResult>`,
      );
    }
    if (method === 'POST' && url.searchParams.has('delete')) {
      for (const [, found] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g))
        objects.delete(found ?? '');
      return xml(response, '<DeleteResult/>');
    }
    if (method === 'GET' && url.searchParams.has('uploads')) {
      const listed = [...uploads].map(
        ([id, one]) => `<Upload><Key>${one.key}</Key><UploadId>${id}</UploadId></Upload>`,
      );
      return xml(
        response,
        `<ListMultipartUploadsResult>${listed.join('')}</ListMultipartUploadsResult>`,
      );
    }
    if (method === 'GET' && key === '') {
      const prefix = url.searchParams.get('prefix') ?? '';
      const found = [...objects.keys()].filter((one) => one.startsWith(prefix)).slice(0, 2);
      return xml(
        response,
        `<ListBucketResult><KeyCount>${found.length}</KeyCount>${found.map((one) => `<Contents><Key>${one}</Key></Contents>`).join('')}</ListBucketResult>`,
      );
    }
    if (method === 'PUT') {
      objects.set(key, kept);
      return void response.setHeader('ETag', etagOf(kept)).end();
    }
    const object = objects.get(key);
    if (!object) return fail(response, 404, 'NoSuchKey');
    response.setHeader('ETag', etagOf(object)).setHeader('Content-Length', object.length);
    response.end(method === 'HEAD' ? undefined : object);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    accessKey,
    objects,
    unfinished: () => [...uploads.values()].map(({ key }) => key),
    mischief,
    held(request) {
      const one: Mischief = { ...request, does: 'hang' };
      mischief.push(one);
      return new Promise((resolve) => {
        heard.on('held', (which) => {
          if (which === one) resolve();
        });
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;

function xml(response: ServerResponse, text: string): void {
  response.setHeader('Content-Type', 'application/xml').end(text);
}

function fail(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'Content-Type': 'application/xml' })
    .end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
