'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { isCurrentSection, type NavItem } from '@/components/shell/nav-item';
import { classNames } from '@/components/ui/class-names';
import { CountPill } from '@/components/ui/count-pill';

/** The entries of the bar on a wide screen. */
export function NavLinks({ items }: { items: readonly NavItem[] }) {
  const pathname = usePathname();
  return (
    <nav aria-label="Main" className="flex h-12 gap-0.5 max-md:hidden">
      {items.map((item) => {
        const current = isCurrentSection(item, pathname);
        return (
          <Link
            key={item.href}
            href={item.href}
            aria-current={current ? (pathname === item.href ? 'page' : 'true') : undefined}
            className={classNames(
              'relative flex items-center gap-1.5 px-2.5 text-sm font-medium focus-visible:-outline-offset-4',
              'after:absolute after:inset-x-2.5 after:-bottom-px after:h-0.5 after:rounded-t-xs',
              current ? 'text-text after:bg-text' : 'text-text-2 hover:text-text',
            )}
          >
            {item.label}
            {item.count ? (
              <CountPill count={item.count} label={item.countLabel ?? 'open'} highlighted />
            ) : null}
          </Link>
        );
      })}
    </nav>
  );
}
