import { describe, expect, it } from 'vitest';
import { createLogger } from '.';

/** What one call writes, as text and read back: a line that is no JSON any more helps nobody. */
function written(fields: Record<string, unknown>, message = 'something happened') {
  const lines: string[] = [];
  createLogger('test', (line) => lines.push(line)).error(fields, message);
  const [line = ''] = lines;
  return { line, entry: JSON.parse(line) as Record<string, unknown> };
}

describe('a log line', () => {
  it.each([
    ['as a URL has it', 'postgres://app:canary@db:5432/shop', 'postgres://app:***@db:5432/shop'],
    [
      'with an @ that is not encoded',
      'postgres://app:can@ary@db/shop',
      'postgres://app:***@db/shop',
    ],
    ['with a quote', 'postgres://app:can"ary@db/shop', 'postgres://app:***@db/shop'],
    ['with a backslash', 'postgres://app:can\\ary@db/shop', 'postgres://app:***@db/shop'],
    ['without a user', 'postgres://:canary@db/shop', 'postgres://:***@db/shop'],
    [
      'as a parameter',
      'postgres://db/shop?user=app&password=canary&sslmode=require',
      'postgres://db/shop?user=app&password=***&sslmode=require',
    ],
    [
      'of the client’s key',
      'postgres://app@db/shop?sslpassword=canary',
      'postgres://app@db/shop?sslpassword=***',
    ],
  ])('never holds a password %s', (_name, url, kept) => {
    const { line, entry } = written(
      { err: new Error(`no answer from ${url}`), target: { deep: { url } } },
      `asked ${url} in vain`,
    );
    expect(line).not.toMatch(/canary|ary@|can@/);
    expect(entry).toMatchObject({
      msg: `asked ${kept} in vain`,
      err: { message: `no answer from ${kept}` },
      target: { deep: { url: kept } },
    });
  });

  it('never holds the cookie, the authorization or a field named password', () => {
    const { line } = written({
      password: 'canary',
      input: { password: 'canary' },
      req: { headers: { cookie: 'canary', authorization: 'canary', host: 'kept' } },
    });
    expect(line).not.toContain('canary');
    expect(line).toContain('kept');
  });

  it.each([
    'postgres://app@db/shop',
    'http://localhost:3000/rollbacks?text=a@b.example',
    'password authentication failed for user "app"',
    'ona@example.com signed in',
  ])('leaves %s as it is', (text) => {
    expect(written({ text }, text).entry).toMatchObject({ text, msg: text });
  });

  it('keeps what stands beside a connection string', () => {
    const fields = { url: 'postgres://app:canary@db', mail: 'ona@example.com' };
    expect(written(fields).entry).toMatchObject({
      url: 'postgres://app:***@db',
      mail: 'ona@example.com',
    });
  });
});
