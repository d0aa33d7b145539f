'use client';

import { signOut } from 'next-auth/react';
import type { ReactNode } from 'react';
import { AppShell } from '@/components/shell/app-shell';
import type { NavItem } from '@/components/shell/nav-item';
import type { ShellUser } from '@/components/shell/user-menu';

/** The frame of the console with the way out: next-auth's own POST, which another site can't forge. */
export function ConsoleShell({
  items,
  user,
  children,
}: {
  items: readonly NavItem[];
  user: ShellUser;
  children: ReactNode;
}) {
  return (
    <AppShell
      items={items}
      user={user}
      onSignOut={async () => {
        await signOut({ callbackUrl: '/sign-in' });
      }}
    >
      {children}
    </AppShell>
  );
}
