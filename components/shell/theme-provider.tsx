'use client';

import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { parseTheme, type Theme, themeCookie, themeStorageKey } from '@/components/shell/theme';

interface ThemeChoice {
  theme: Theme;
  setTheme: (theme: Theme) => void;
}

const ThemeContext = createContext<ThemeChoice | null>(null);

const oneYear = 31_536_000;

/** Holds the theme. The server has already put it on <html>; this changes it and remembers it. */
export function ThemeProvider({ initial, children }: { initial: Theme; children: ReactNode }) {
  const [theme, setState] = useState(initial);

  const apply = useCallback((next: Theme) => {
    setState(next);
    if (next === 'system') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.dataset.theme = next;
    // biome-ignore lint/suspicious/noDocumentCookie: the cookie store API is missing in Firefox and on http
    document.cookie = `${themeCookie}=${next}; path=/; max-age=${oneYear}; samesite=lax`;
  }, []);

  const setTheme = useCallback(
    (next: Theme) => {
      apply(next);
      writeStorage(next);
    },
    [apply],
  );

  useEffect(() => {
    const hasCookie = document.cookie.includes(`${themeCookie}=`);
    const stored = readStorage();
    if (!hasCookie && stored !== 'system') apply(stored);
    const follow = (event: StorageEvent) => {
      if (event.key === themeStorageKey) apply(parseTheme(event.newValue));
    };
    window.addEventListener('storage', follow);
    return () => window.removeEventListener('storage', follow);
  }, [apply]);

  return <ThemeContext value={{ theme, setTheme }}>{children}</ThemeContext>;
}

/** The theme and how to change it. Throws outside of ThemeProvider. */
export function useTheme(): ThemeChoice {
  const choice = useContext(ThemeContext);
  if (!choice) throw new Error('useTheme needs a ThemeProvider above it.');
  return choice;
}

/** A browser that refuses storage still has the cookie. */
function readStorage(): Theme {
  try {
    return parseTheme(localStorage.getItem(themeStorageKey));
  } catch {
    return 'system';
  }
}

function writeStorage(theme: Theme): void {
  try {
    localStorage.setItem(themeStorageKey, theme);
  } catch {
    // The cookie carries the choice; only other open tabs do not follow.
  }
}
