import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, readBody } from './read-body';

const post = (body: BodyInit, type: string | null = 'application/json') =>
  new Request('http://localhost/', {
    method: 'POST',
    body,
    ...(type === null ? {} : { headers: { 'Content-Type': type } }),
  });

const problemOf = (request: Request) =>
  readBody(request).then(
    () => undefined,
    (cause: { code: string; message: string }) => [cause.code, cause.message],
  );

describe('readBody', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON ;x=y'])(
    'reads %s',
    async (type) => {
      expect(await readBody(post('{"a":["Zoë 🚀",1,null]}', type))).toEqual({
        a: ['Zoë 🚀', 1, null],
      });
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json-seq',
    'application/jsonx',
    'text/plain; application/json',
    '',
  ])('refuses %j, which a form could send', async (type) => {
    expect(await problemOf(post('{}', type))).toEqual(['invalid_input', 'Send JSON.']);
  });

  it('refuses what says nothing of its kind', async () => {
    expect(await problemOf(post(new Blob(['{}']), null))).toEqual(['invalid_input', 'Send JSON.']);
  });

  it.each(['', '{', '{"a":1}x', "{'a':1}", 'undefined', '{"a":NaN}', '{"a":"\0"}'])(
    'refuses %j',
    async (body) => {
      expect(await problemOf(post(body))).toEqual(['invalid_input', 'This is not JSON.']);
    },
  );

  it('refuses bytes that are no UTF-8', async () => {
    const bytes = Uint8Array.from([0x22, 0xff, 0x22]);
    expect(await problemOf(post(bytes))).toEqual(['invalid_input', 'This is not JSON.']);
  });

  it.each([
    '{"a":"\\u0000"}',
    '{"\\u0000":1}',
    '["\\ud800"]',
    '{"a":{"b":"\\udfff x"}}',
    '"\\u0000"',
  ])('refuses %s, which the database could not hold', async (body) => {
    expect(await problemOf(post(body))).toEqual([
      'invalid_input',
      expect.stringMatching(/can’t be stored/),
    ]);
  });

  it('takes up to its limit in bytes, and not one more', async () => {
    const long = (bytes: number) => JSON.stringify('é'.repeat((bytes - 2) / 2));
    expect(await readBody(post(long(MAX_BODY_BYTES)))).toHaveLength(MAX_BODY_BYTES / 2 - 1);
    expect(await problemOf(post(long(MAX_BODY_BYTES + 2)))).toEqual([
      'invalid_input',
      'This is too long.',
    ]);
  });

  it('stops reading what never ends', async () => {
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1_024));
      },
      cancel() {
        cancelled = true;
      },
    });
    const request = new Request('http://localhost/', {
      method: 'POST',
      body: endless,
      headers: { 'Content-Type': 'application/json' },
      duplex: 'half',
    } as RequestInit);
    expect(await problemOf(request)).toEqual(['invalid_input', 'This is too long.']);
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(80);
  });
});
