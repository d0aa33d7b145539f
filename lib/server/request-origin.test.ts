import { describe, expect, it } from 'vitest';
import { originProblem } from './request-origin';

function ask(origin: string | null, publicUrl: string, host = 'localhost:3000') {
  const headers = new Headers({ host });
  if (origin !== null) headers.set('origin', origin);
  return originProblem(
    new Request('http://localhost:3000/', { method: 'POST', headers }),
    publicUrl,
  );
}

describe('originProblem', () => {
  it.each([
    ['https://backstep.example.com', 'https://backstep.example.com'],
    ['http://10.0.0.5:3000', 'http://10.0.0.5:3000'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://localhost:3000'],
    ['http://localhost:3000', 'http://127.0.0.1:3000'],
  ])('takes %s for a page of %s', (origin, publicUrl) => {
    expect(ask(origin, publicUrl)).toBeUndefined();
  });

  it.each([
    ['no origin', null, 'https://backstep.example.com'],
    ['an opaque origin', 'null', 'https://backstep.example.com'],
    ['an empty origin', '', 'https://backstep.example.com'],
    ['another site', 'https://evil.example', 'https://backstep.example.com'],
    [
      'a name that begins the same',
      'https://backstep.example.com.evil.example',
      'https://backstep.example.com',
    ],
    ['a name below', 'https://a.backstep.example.com', 'https://backstep.example.com'],
    ['the same name without TLS', 'http://backstep.example.com', 'https://backstep.example.com'],
    ['another port', 'https://backstep.example.com:8443', 'https://backstep.example.com'],
    ['another port of this machine', 'http://localhost:5173', 'http://localhost:3000'],
    ['TLS on this machine', 'https://localhost:3000', 'http://localhost:3000'],
    [
      'this machine, when it is not the address',
      'http://localhost:3000',
      'https://backstep.example.com',
    ],
    ['something behind the origin', 'http://127.0.0.1:3000/x', 'http://localhost:3000'],
  ])('refuses %s', (_name, origin, publicUrl) => {
    expect(ask(origin, publicUrl, 'app:8080')).toBe(
      'This request does not come from Backstep’s own pages.',
    );
  });

  it('refuses a name that a stranger points to this machine, and says how a person gets on', () => {
    const rebound = 'http://evil.example:3000';
    expect(ask(rebound, 'http://localhost:3000', 'evil.example:3000')).toBe(
      'This page was opened at http://evil.example:3000, and Backstep is known as http://localhost:3000. Open it there, or set BACKSTEP_URL to the address that people use.',
    );
  });
});
