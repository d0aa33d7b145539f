import Link from 'next/link';
import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';

/** The width and the padding of a page that is one column. */
export function Page({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div className={classNames('mx-auto w-full max-w-[1280px] p-6 max-md:p-4', className)}>
      {children}
    </div>
  );
}

export interface Crumb {
  label: ReactNode;
  /** Absent: where one is. */
  href?: string;
}

/** The way here. The last one is the page itself. */
export function Breadcrumbs({ items }: { items: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb" className="mb-0.5">
      <ol className="flex flex-wrap items-center gap-1.5 text-xs text-text-3">
        {items.map((item, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a crumb is its place in the way
            key={index}
            className={classNames(
              'flex items-center gap-1.5',
              // A phone has room for where one came from and where one is.
              index > 0 && index < items.length - 1 && 'max-sm:hidden',
            )}
          >
            {index > 0 ? <Icon name="chevronRight" size={14} /> : null}
            {item.href ? (
              <Link
                href={item.href}
                // A finger may miss it by 12 px.
                className="relative text-text-2 hover:underline max-md:after:absolute max-md:after:-inset-x-1 max-md:after:-inset-y-3"
              >
                {item.label}
              </Link>
            ) : (
              <span aria-current={index === items.length - 1 ? 'page' : undefined}>
                {item.label}
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

export interface PageHeaderProps {
  title: ReactNode;
  crumbs?: readonly Crumb[];
  /** A badge and chips beside the title. */
  status?: ReactNode;
  /** A sentence below the title. */
  detail?: ReactNode;
  actions?: ReactNode;
  /** 'bar' spans the width on its own surface, as in a room. */
  look?: 'plain' | 'bar';
}

/** What the page is about. Has the page's one h1. */
export function PageHeader({
  title,
  crumbs,
  status,
  detail,
  actions,
  look = 'plain',
}: PageHeaderProps) {
  return (
    <div
      className={classNames(
        'flex flex-wrap gap-x-4 gap-y-3',
        look === 'bar'
          ? 'min-h-18 items-center border-b border-line bg-surface px-6 py-3 max-md:px-4'
          : 'mb-4 items-start',
      )}
    >
      <div className="min-w-0 flex-1 basis-64">
        {crumbs ? <Breadcrumbs items={crumbs} /> : null}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="wrap-anywhere">{title}</h1>
          {status}
        </div>
        {detail ? <p className="mt-0.5 text-sm text-text-2">{detail}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  );
}
