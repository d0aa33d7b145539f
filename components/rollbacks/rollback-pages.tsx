import Link from 'next/link';
import { type RollbackFilters, rollbacksHref } from './rollbacks-url';

/** The way to newer and older rollbacks. Nothing where all of them are on one page. */
export function RollbackPages(props: { filters: RollbackFilters; page: number; pages: number }) {
  const { filters, page, pages } = props;
  if (pages <= 1) return null;
  return (
    <nav aria-label="Pages" className="flex flex-wrap items-center justify-between gap-4 text-sm">
      <span>
        {page > 1 ? (
          <Link href={rollbacksHref(filters, page - 1)} className="link">
            Newer rollbacks
          </Link>
        ) : null}
      </span>
      <span className="text-text-2 tabular-nums">
        Page {page} of {pages}
      </span>
      <span>
        {page < pages ? (
          <Link href={rollbacksHref(filters, page + 1)} className="link">
            Older rollbacks
          </Link>
        ) : null}
      </span>
    </nav>
  );
}
