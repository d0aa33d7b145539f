import type { Metadata } from 'next';
import Link from 'next/link';
import { ChainPanel } from '@/components/history/chain-panel';
import { EventList } from '@/components/history/event-list';
import { ExportLinks } from '@/components/history/export-links';
import { HistoryFilterBar } from '@/components/history/history-filter-bar';
import { FILTER_LABELS, historyHref, isFiltered } from '@/components/history/history-url';
import { IgnoredQuery, type IgnoredValue } from '@/components/history/ignored-query';
import { PageHeader } from '@/components/shell/page';
import { EmptyState } from '@/components/ui/empty-state';
import { currentActor } from '@/lib/auth/next';
import type { Ctx } from '@/lib/control';
import { whyNot } from '@/lib/core/actor';
import type { AuditEntry } from '@/lib/core/views';
import { type HistoryPage, listHistory } from '@/lib/history';
import { contextFor, publicUrl } from '@/lib/server/runtime';
import { type HistoryQuery, readHistoryQuery, type SearchParams } from './_parts/read-query';

export const metadata: Metadata = { title: 'History' };

/** Every act and refusal, by filter, with the event that the address names beside it. */
export default async function HistoryRoute({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const query = readHistoryQuery(await searchParams);
  const actor = await currentActor(historyHref(query));
  const ctx = await contextFor(actor);
  const { filters, before } = query;
  const page = await listHistory(ctx, filters, before === undefined ? {} : { before });
  return (
    <EventList
      entries={page.entries}
      apart={await readApart(ctx, query.event, page)}
      place={{ filters, before }}
      nextBefore={page.nextBefore}
      publicUrl={publicUrl()}
      empty={<NoEvents query={query} />}
      head={
        <>
          <PageHeader
            title="History"
            detail="Every act and every refusal. Rows are only ever added."
            actions={
              <ExportLinks filters={filters} disabledReason={whyNot(actor, 'history.export')} />
            }
          />
          <div className="flex flex-col gap-3">
            <ChainPanel disabledReason={whyNot(actor, 'history.verify') ?? null} />
            <IgnoredQuery values={ignoredValues(query)} />
            <HistoryFilterBar
              filters={filters}
              people={page.people}
              targets={page.targets}
              total={page.total}
              publicUrl={publicUrl()}
            />
          </div>
        </>
      }
    />
  );
}

/** An event that somebody was sent the address of is shown, whichever page or filter it is under. */
async function readApart(
  ctx: Ctx,
  event: number | undefined,
  page: HistoryPage,
): Promise<AuditEntry | undefined> {
  if (event === undefined || page.entries.some((entry) => entry.seq === event)) return undefined;
  const found = await listHistory(ctx, {}, { before: event + 1, limit: 1 });
  return found.entries.find((entry) => entry.seq === event);
}

function ignoredValues({ ignored }: Pick<HistoryQuery, 'ignored'>): IgnoredValue[] {
  const labels = { ...FILTER_LABELS, before: 'Older than', event: 'Event' };
  return ignored.map(({ key, value }) => ({
    label: labels[key],
    value,
    ...(key === 'from' || key === 'to' ? { remedy: 'Write a day as 2026-11-22.' } : {}),
  }));
}

function NoEvents({ query: { filters, before } }: { query: HistoryQuery }) {
  if (filters.from && filters.to && filters.from > filters.to) {
    return (
      <EmptyState icon="history" title="The first day is after the last">
        No event can be from {filters.from} on and until {filters.to}. Swap the two days.
      </EmptyState>
    );
  }
  if (isFiltered(filters)) {
    return (
      <EmptyState
        icon="history"
        title="No event fits these filters"
        action={
          <Link href="/history" className="link text-sm">
            Show the whole history
          </Link>
        }
      >
        Take one of them away, or widen the days.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="history" title="No events here">
      {before === undefined
        ? 'The first sign-in, refusal or rollback will be the first row.'
        : 'Nothing is older than this. Go back to the newest events.'}
    </EmptyState>
  );
}
