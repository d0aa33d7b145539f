'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { CopyButton } from '@/components/ui/copy-button';
import { FilterSelect } from '@/components/ui/filter-select';
import { LiveRegion } from '@/components/ui/live-region';
import { Spinner } from '@/components/ui/spinner';
import { AUDIT_ACTION_NAMES, auditActionLabel } from '@/lib/core/audit-actions';
import type { HistoryFilters } from '@/lib/core/views';
import { AUDIT_OUTCOME_LABELS, countEvents } from './event-look';
import { FilterDay, FilterText } from './filter-box';
import { FILTER_LABELS, type FilterKey, historyHref, isFiltered, withFilter } from './history-url';

export interface HistoryFilterBarProps {
  filters: HistoryFilters;
  people: readonly { id: string; name: string }[];
  targets: readonly string[];
  /** Events that fit. */
  total: number;
  /** Where people reach Backstep, for an address that can be sent to somebody. */
  publicUrl: string;
}

const ACTIONS = AUDIT_ACTION_NAMES.map((value) => ({ value, label: auditActionLabel(value) }));
const OUTCOMES = Object.entries(AUDIT_OUTCOME_LABELS).map(([value, label]) => ({ value, label }));

/** What is shown of the history. All of it is in the address, so that it can be sent to somebody. */
export function HistoryFilterBar(props: HistoryFilterBarProps) {
  const { filters, people, targets, total, publicUrl } = props;
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const set = (key: FilterKey) => (value: string | null | undefined) =>
    startTransition(() =>
      router.push(historyHref({ filters: withFilter(filters, key, value ?? undefined) }), {
        scroll: false,
      }),
    );
  const filtered = isFiltered(filters);
  const address = historyHref({ filters });
  return (
    <div className="flex flex-col gap-2">
      <search aria-label="Filter the history" className="flex flex-wrap items-center gap-2">
        <FilterSelect
          label={FILTER_LABELS.target}
          options={targets.map((target) => ({ value: target, label: target }))}
          value={filters.target ?? null}
          onValueChange={set('target')}
        />
        <FilterSelect
          label={FILTER_LABELS.person}
          anyLabel="Anyone"
          options={people.map((person) => ({ value: person.id, label: person.name }))}
          value={filters.person ?? null}
          onValueChange={set('person')}
        />
        <FilterSelect
          label={FILTER_LABELS.action}
          options={ACTIONS}
          value={filters.action ?? null}
          onValueChange={set('action')}
        />
        <FilterSelect
          label={FILTER_LABELS.outcome}
          options={OUTCOMES}
          value={filters.outcome ?? null}
          onValueChange={set('outcome')}
        />
        <FilterDay label={FILTER_LABELS.from} value={filters.from} onValueChange={set('from')} />
        <FilterDay label={FILTER_LABELS.to} value={filters.to} onValueChange={set('to')} />
        <FilterText
          key={filters.subject ?? ''}
          label={FILTER_LABELS.subject}
          placeholder="RB-0001"
          value={filters.subject}
          onValueChange={set('subject')}
        />
        {pending ? (
          <span className="inline-flex items-center gap-1.5 text-xs text-text-2">
            <Spinner size={16} /> Reading
          </span>
        ) : null}
        {filtered ? (
          <Link href="/history" className="link ml-auto text-sm font-medium">
            Clear
          </Link>
        ) : null}
      </search>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-xs text-text-2">
        <span className="flex min-w-0 items-center gap-1">
          {filtered ? (
            <>
              <code className="mono min-w-0 truncate text-text-3">{address}</code>
              <CopyButton text={`${publicUrl}${address}`} what="address of this view" />
            </>
          ) : null}
        </span>
        <span className="tabular-nums">
          {countEvents(total)}
          {filtered ? ` ${total === 1 ? 'fits' : 'fit'} these filters` : null}
        </span>
      </div>
      <LiveRegion message={pending ? 'Reading the history' : countEvents(total)} />
    </div>
  );
}
