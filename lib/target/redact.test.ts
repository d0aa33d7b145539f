import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, redact } from '.';

describe('redact', () => {
  it('takes out a known password in each of its forms', () => {
    const url = 'postgres://app:p%40ss%2Fw0rd@host:5432/db';
    const said = redact(`p@ss/w0rd p%40ss%2Fw0rd ${url}`, [url]);
    expect(said).toBe('••• ••• postgres://•••@host:5432/db');
  });

  it('knows connection strings by their look, also with an @ in the password', () => {
    expect(redact('see postgresql://u:s3c@ret@h/d and postgres://u@h/d?password=s3c.')).toBe(
      'see postgresql://•••@h/d and postgres://•••@h/d?password=•••',
    );
  });

  it('leaves no password of three characters or more, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3, unit: 'grapheme-ascii' }), (password) => {
        const url = `postgres://app:${encodeURIComponent(password)}@host/db`;
        const said = redact(`failed for <${password}> at ${url}`, [url]);
        return !said.slice('failed for '.length).includes(`<${password}>`);
      }),
    );
  });
});

describe('addressOf', () => {
  it.each([
    ['postgres://u:secret@db-1:6000/shop?sslmode=verify-full', 'db-1:6000/shop'],
    ['postgresql://u:secret@db-1/shop', 'db-1:5432/shop'],
    ['postgres://u:secret@[::1]/shop', '[::1]:5432/shop'],
    [
      'postgres://u:secret@localhost/shop?host=/run/postgresql&port=5433',
      '/run/postgresql:5433/shop',
    ],
    ['postgres://alice:secret@db-1', 'db-1:5432/alice'],
    ['postgres://u:secret@db-1/with%20space', 'db-1:5432/with space'],
    ['secret', 'an unreadable address'],
  ])('%s', (url, address) => {
    expect(addressOf(url)).toBe(address);
  });
});
