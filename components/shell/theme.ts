export const themes = ['system', 'light', 'dark'] as const;

/** 'system' follows the reader's operating system. */
export type Theme = (typeof themes)[number];

/** Read by the server, so that the first paint has the right colours. */
export const themeCookie = 'backstep-theme';

/** Read by other tabs, and by this one when the cookie has gone. */
export const themeStorageKey = 'backstep-theme';

/** What the cookie or the storage says; 'system' for nothing or nonsense. */
export function parseTheme(stored: string | null | undefined): Theme {
  return themes.find((theme) => theme === stored) ?? 'system';
}

/**
 * What the toggle goes to next. From 'system' it first goes to the colours the system does not
 * have, so that every press but the last one shows.
 */
export function nextTheme(theme: Theme, systemIsDark: boolean): Theme {
  const [other, same]: readonly [Theme, Theme] = systemIsDark
    ? ['light', 'dark']
    : ['dark', 'light'];
  if (theme === 'system') return other;
  return theme === other ? same : 'system';
}
