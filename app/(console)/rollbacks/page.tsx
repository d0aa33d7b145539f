import type { Metadata } from 'next';
import { IgnoredQuery } from '@/components/history/ignored-query';
import { RollbackFilterBar } from '@/components/rollbacks/rollback-filter-bar';
import { RollbackPages } from '@/components/rollbacks/rollback-pages';
import { RollbackTable } from '@/components/rollbacks/rollback-table';
import { rollbacksHref } from '@/components/rollbacks/rollbacks-url';
import { StatusTabs } from '@/components/rollbacks/status-tabs';
import { Page, PageHeader } from '@/components/shell/page';
import { Panel } from '@/components/ui/panel';
import { currentActor } from '@/lib/auth/next';
import type { Ctx } from '@/lib/control';
import { can } from '@/lib/core/actor';
import { listRollbacks, type RollbackList } from '@/lib/history';
import { contextFor } from '@/lib/server/runtime';
import { NoRollbacks } from './_parts/no-rollbacks';
import { PendingNote } from './_parts/pending-note';
import { type RollbacksQuery, readRollbacksQuery, type SearchParams } from './_parts/read-query';

export const metadata: Metadata = { title: 'Rollbacks' };

const QUERY_LABELS = {
  status: 'Status',
  target: 'Target',
  person: 'Requested by',
  text: 'Search',
  page: 'Page',
} as const;

/** Every rollback, by how far it is; for a reviewer, what waits for a decision. */
export default async function RollbacksPage({
  searchParams,
}: {
  searchParams: Promise<SearchParams>;
}) {
  const query = readRollbacksQuery(await searchParams);
  const { filters, ignored } = query;
  const actor = await currentActor(rollbacksHref(filters, query.page));
  const ctx = await contextFor(actor);
  const { list, page } = await readPage(ctx, query);
  return (
    <Page>
      <PageHeader
        title="Rollbacks"
        detail="What was asked for, who decides, and how each run ended."
      />
      <div className="flex flex-col gap-3">
        <StatusTabs filters={filters} counts={list.counts} />
        <RollbackFilterBar
          filters={filters}
          people={list.people}
          targets={ctx.config.targets.map((target) => target.name)}
        />
        <IgnoredQuery
          values={ignored.map(({ key, value }) => ({ label: QUERY_LABELS[key], value }))}
        />
        {filters.status.join() === 'awaiting_approval' && list.total > 0 ? (
          <PendingNote total={list.total} decides={can(actor, 'approval.decide')} />
        ) : null}
        <Panel>
          {list.lines.length > 0 ? (
            <RollbackTable lines={list.lines} />
          ) : (
            <NoRollbacks filters={filters} mayCreate={can(actor, 'rollback.create')} />
          )}
        </Panel>
        <RollbackPages filters={filters} page={page} pages={list.pages} />
      </div>
    </Page>
  );
}

/** The page asked for, or the last one where there are fewer by now. */
async function readPage(
  ctx: Ctx,
  { filters, page }: RollbacksQuery,
): Promise<{ list: RollbackList; page: number }> {
  const input = { ...filters, status: [...filters.status] };
  const list = await listRollbacks(ctx, { ...input, page });
  if (page <= list.pages) return { list, page };
  return { list: await listRollbacks(ctx, { ...input, page: list.pages }), page: list.pages };
}
