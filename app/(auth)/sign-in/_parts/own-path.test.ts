import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownPath } from './own-path';

describe('ownPath', () => {
  it.each([
    '/',
    '/rollbacks/RB-0001',
    '/targets/a?to=0032&reason=x%20y#row',
    '/history?from=2026-11-22',
  ])('goes on to %s', (path) => {
    expect(ownPath(path)).toBe(path);
  });

  it.each([
    undefined,
    ['/a', '/b'],
    '',
    'rollbacks',
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    '\t//evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '//evil.example:x',
    'javascript:alert(1)',
  ])('does not go on to %j', (from) => {
    expect(ownPath(from)).toBe('/');
  });

  it('never leaves the host, whatever it is given', () => {
    const pieces = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '\t',
      '\n',
      '@',
      ':',
      'evil.example',
      '%2f',
      '?',
      '#',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const path = ownPath(parts.join(''));
        expect(new URL(path, 'https://backstep.example').host).toBe('backstep.example');
      }),
    );
  });
});
