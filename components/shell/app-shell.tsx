import Link from 'next/link';
import type { ReactNode } from 'react';
import { Brand } from '@/components/shell/brand';
import { MobileNav } from '@/components/shell/mobile-nav';
import type { NavItem } from '@/components/shell/nav-item';
import { NavLinks } from '@/components/shell/nav-links';
import { ThemeToggle } from '@/components/shell/theme-toggle';
import { type ShellUser, UserMenu } from '@/components/shell/user-menu';
import { Clock } from '@/components/ui/clock';
import { SkipLink } from '@/components/ui/skip-link';

export interface AppShellProps {
  items: readonly NavItem[];
  user: ShellUser;
  onSignOut: () => void | Promise<void>;
  children: ReactNode;
}

/** The frame of every page for people who are signed in: bar on top, page below. */
export function AppShell({ items, user, onSignOut, children }: AppShellProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink />
      <header className="sticky top-0 z-30 flex h-12 shrink-0 items-center gap-6 border-b border-line bg-surface px-6 max-md:gap-3 max-md:px-4">
        <Link href="/" aria-label="Backstep, home" className="flex items-center rounded-md">
          <Brand compact />
        </Link>
        <NavLinks items={items} />
        <div className="ml-auto flex items-center gap-4 max-md:gap-2">
          <Clock />
          <ThemeToggle className="max-md:hidden" />
          <UserMenu user={user} onSignOut={onSignOut} />
          <MobileNav items={items} />
        </div>
      </header>
      <main id="main" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        {children}
      </main>
    </div>
  );
}
