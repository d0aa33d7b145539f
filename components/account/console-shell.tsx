'use client';

import type { ReactNode } from 'react';
import { toast } from 'sonner';
import { leave } from '@/components/account/leave';
import { useKeepAwake } from '@/components/account/use-keep-awake';
import { AppShell } from '@/components/shell/app-shell';
import type { NavItem } from '@/components/shell/nav-item';
import type { ShellUser } from '@/components/shell/user-menu';

/** The frame of the console, which knows the session: it keeps it awake and ends it. */
export function ConsoleShell({
  items,
  user,
  children,
}: {
  items: readonly NavItem[];
  user: ShellUser;
  children: ReactNode;
}) {
  useKeepAwake();
  return (
    <AppShell
      items={items}
      user={user}
      onSignOut={() =>
        leave().catch(() => {
          toast.error('You are still signed in: Backstep did not answer. Try again in a moment.');
        })
      }
    >
      {children}
    </AppShell>
  );
}
