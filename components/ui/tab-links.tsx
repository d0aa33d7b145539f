'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { CountPill } from '@/components/ui/count-pill';
import { lineListClass, lineTabClass } from '@/components/ui/tab-style';

export interface TabLink {
  href: string;
  label: string;
  count?: number;
}

export interface TabLinksProps {
  label: string;
  items: readonly TabLink[];
}

/** Tabs that are pages of their own: links, so that each has an address and opens in a new window. */
export function TabLinks({ label, items }: TabLinksProps) {
  const pathname = usePathname();
  return (
    <nav aria-label={label} className={lineListClass}>
      {items.map((item) => (
        <Link
          key={item.href}
          href={item.href}
          aria-current={pathname === item.href ? 'page' : undefined}
          className={lineTabClass}
        >
          {item.label}
          {item.count === undefined ? null : <CountPill count={item.count} />}
        </Link>
      ))}
    </nav>
  );
}
