import type { Metadata } from 'next';
import { Page } from '@/components/shell/page';
import { DriftReportPanel } from '@/components/targets/drift-report-panel';
import { TargetHead } from '@/components/targets/target-head';
import { driftHref, fromAddress } from '@/components/targets/target-links';
import { CheckFailed, UnreadNotice } from '@/components/targets/target-notices';
import { currentActor } from '@/lib/auth/next';
import { readTargetPage } from '../_parts/read-target-page';

interface Props {
  params: Promise<{ target: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Drift · ${fromAddress((await params).target)}` };
}

/** The live schema of a target against its replayed files, as the last check saw it. */
export default async function DriftRoute({ params }: Props) {
  const name = fromAddress((await params).target);
  const page = await readTargetPage(await currentActor(driftHref(name)), name);
  return (
    <>
      <TargetHead summary={page.summary} check={page.gates.check} progress={page.check} />
      <Page className="flex flex-col gap-4">
        {page.summary.error ? <UnreadNotice error={page.summary.error} /> : null}
        {page.check?.state === 'failed' ? <CheckFailed message={page.check.error} /> : null}
        <DriftReportPanel drift={page.drift} check={page.check} policy={page.policy.drift} />
      </Page>
    </>
  );
}
