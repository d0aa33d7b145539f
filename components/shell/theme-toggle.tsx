'use client';

import { nextTheme, type Theme } from '@/components/shell/theme';
import { useTheme } from '@/components/shell/theme-provider';
import type { IconName } from '@/components/ui/icon';
import { IconButton } from '@/components/ui/icon-button';

const icons: Record<Theme, IconName> = { system: 'monitor', light: 'sun', dark: 'moon' };

const words: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

/** Goes through the three themes. Its name says which one is on; the menu of the user has all three. */
export function ThemeToggle({ className }: { className?: string }) {
  const { theme, setTheme } = useTheme();
  return (
    <IconButton
      icon={icons[theme]}
      label={`Theme: ${words[theme]}. Switch`}
      className={className}
      onClick={() =>
        setTheme(nextTheme(theme, window.matchMedia('(prefers-color-scheme: dark)').matches))
      }
    />
  );
}
