import Link from 'next/link';
import { CountPill } from '@/components/ui/count-pill';
import { lineListClass, lineTabClass } from '@/components/ui/tab-style';
import type { RollbackStatus } from '@/lib/core/rollback';
import { type RollbackFilters, rollbacksHref } from './rollbacks-url';
import { countOf, groupOf, STATUS_GROUPS } from './status-groups';

/** Tabs by how far rollbacks are. Each is an address, and keeps the other filters. */
export function StatusTabs(props: {
  filters: RollbackFilters;
  counts: Partial<Record<RollbackStatus, number>>;
}) {
  const { filters, counts } = props;
  const current = groupOf(filters.status);
  return (
    <nav aria-label="Rollbacks by status" className={lineListClass}>
      {STATUS_GROUPS.map((group) => {
        const count = countOf(group, counts);
        const waits = group.statuses.includes('awaiting_approval') && count > 0;
        return (
          <Link
            key={group.label}
            href={rollbacksHref({ ...filters, status: group.statuses })}
            aria-current={group === current ? 'page' : undefined}
            className={lineTabClass}
          >
            {group.label}
            <CountPill count={count} highlighted={waits} />
          </Link>
        );
      })}
    </nav>
  );
}
