'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { driftHref, targetHref } from '@/components/targets/target-links';
import { classNames } from '@/components/ui/class-names';
import { CountPill } from '@/components/ui/count-pill';

/** The two sides of a target: its migrations, and its live schema against them. */
export function TargetTabs(props: { target: string; migrations: number; drift: number | null }) {
  const { target, migrations, drift } = props;
  const here = usePathname();
  const tabs = [
    { href: targetHref(target), label: 'Migrations', count: migrations },
    { href: driftHref(target), label: 'Drift', count: drift },
  ];
  return (
    <nav aria-label="Target" className="-mb-4 mt-3 flex gap-6">
      {tabs.map(({ href, label, count }) => {
        const current = here === href;
        return (
          <Link
            key={href}
            href={href}
            aria-current={current ? 'page' : undefined}
            className={classNames(
              'flex items-center gap-2 border-b-2 py-2.5 text-sm font-medium',
              current
                ? 'border-accent text-text'
                : 'border-transparent text-text-2 hover:text-text',
            )}
          >
            {label}
            {count === null ? null : <CountPill count={count} highlighted={current} />}
          </Link>
        );
      })}
    </nav>
  );
}
