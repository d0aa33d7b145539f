import type { Metadata } from 'next';
import { Suspense } from 'react';
import { LatestEvents } from '@/components/home/latest-events';
import { TargetList } from '@/components/home/target-list';
import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines } from '@/components/ui/skeleton';
import { currentActor } from '@/lib/auth/next';
import type { Ctx } from '@/lib/control';
import { listHistory } from '@/lib/history';
import { listTargets } from '@/lib/migrations';
import { contextFor } from '@/lib/server/runtime';

export const metadata: Metadata = { title: 'Targets' };

const LATEST = 5;

export default async function HomePage() {
  const ctx = await contextFor(await currentActor('/'));
  const { entries } = await listHistory(ctx, {}, { limit: LATEST });
  return (
    <Page>
      <PageHeader title="Targets" />
      {/* A target that does not answer must not hold back the page. */}
      <Suspense fallback={<TargetsOnTheirWay count={ctx.config.targets.length} />}>
        <Targets ctx={ctx} />
      </Suspense>
      {entries.length > 0 ? <LatestEvents entries={entries} /> : null}
    </Page>
  );
}

async function Targets({ ctx }: { ctx: Ctx }) {
  return <TargetList initial={await listTargets(ctx)} />;
}

function TargetsOnTheirWay({ count }: { count: number }) {
  return (
    <Panel>
      <PanelBody>
        <LoadingLines label={`Reading ${count} databases`} lines={4} />
      </PanelBody>
    </Panel>
  );
}
