import { describe, expect, it } from 'vitest';
import { nextTheme, parseTheme } from '@/components/shell/theme';

describe('parseTheme', () => {
  it('takes what it knows and follows the system otherwise', () => {
    expect(parseTheme('dark')).toBe('dark');
    expect(parseTheme('light')).toBe('light');
    expect(parseTheme('')).toBe('system');
    expect(parseTheme('"><script>')).toBe('system');
    expect(parseTheme(undefined)).toBe('system');
  });
});

describe('nextTheme', () => {
  it.each([true, false])('visits all three themes (system dark: %s)', (systemIsDark) => {
    const first = nextTheme('system', systemIsDark);
    const second = nextTheme(first, systemIsDark);
    expect(new Set(['system', first, second])).toEqual(new Set(['system', 'light', 'dark']));
    expect(nextTheme(second, systemIsDark)).toBe('system');
  });

  it('shows a change on the first press', () => {
    expect(nextTheme('system', true)).toBe('light');
    expect(nextTheme('system', false)).toBe('dark');
  });
});
