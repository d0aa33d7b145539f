import { describe, expect, it } from 'vitest';
import { isCurrentSection } from '@/components/shell/nav-item';

describe('isCurrentSection', () => {
  it.each([
    ['/', '/', true],
    ['/', '/targets', false],
    ['/targets', '/targets', true],
    ['/targets', '/targets/agentim-production', true],
    ['/targets', '/targets-archive', false],
    ['/history', '/targets', false],
    ['/rollbacks?status=awaiting_approval', '/rollbacks', true],
    ['/rollbacks?status=awaiting_approval', '/rollbacks/RB-0001', true],
    ['/rollbacks?status=awaiting_approval', '/history', false],
  ])('%s while at %s: %s', (href, pathname, expected) => {
    expect(isCurrentSection({ href }, pathname)).toBe(expected);
  });

  it('counts the further sections of an entry, wherever the entry leads', () => {
    const backups = { href: '/restore', also: ['/backups', '/restore'] };
    expect(isCurrentSection(backups, '/backups/B-0001')).toBe(true);
    expect(isCurrentSection(backups, '/restore')).toBe(true);
    expect(isCurrentSection(backups, '/history')).toBe(false);
  });
});
