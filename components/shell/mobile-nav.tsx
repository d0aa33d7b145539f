'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { isCurrentSection, type NavItem } from '@/components/shell/nav-item';
import { classNames } from '@/components/ui/class-names';
import { CountPill } from '@/components/ui/count-pill';
import { Icon } from '@/components/ui/icon';
import { IconButton } from '@/components/ui/icon-button';

/** The entries of the bar on a narrow screen, behind a button. Escape closes, focus returns. */
export function MobileNav({ items }: { items: readonly NavItem[] }) {
  const pathname = usePathname();
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <IconButton
          icon={open ? 'x' : 'menu'}
          label={open ? 'Close menu' : 'Open menu'}
          className="-mr-2 size-10! text-text-2 md:hidden"
        />
      </Popover.Trigger>
      <Popover.Content
        aria-label="Menu"
        align="end"
        sideOffset={4}
        collisionPadding={8}
        className="z-50 w-[calc(100vw-16px)] max-w-80 rounded-xl border border-line-2 bg-surface p-1.5 shadow-float outline-none md:hidden"
      >
        <nav aria-label="Main">
          {items.map((item) => {
            const current = isCurrentSection(item, pathname);
            return (
              <Link
                key={item.href}
                href={item.href}
                onClick={() => setOpen(false)}
                aria-current={current ? (pathname === item.href ? 'page' : 'true') : undefined}
                className={classNames(
                  'flex min-h-11 items-center gap-2 rounded-lg px-3 font-medium',
                  current ? 'bg-sunken text-text' : 'text-text-2',
                )}
              >
                <span className="flex-1">{item.label}</span>
                {item.count ? (
                  <CountPill count={item.count} label={item.countLabel ?? 'open'} highlighted />
                ) : null}
                {current ? <Icon name="check" className="text-text-3" /> : null}
              </Link>
            );
          })}
        </nav>
      </Popover.Content>
    </Popover.Root>
  );
}
