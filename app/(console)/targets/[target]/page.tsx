import type { Metadata } from 'next';
import { Suspense } from 'react';
import { ForecastPanel } from '@/components/proof/forecast-panel';
import { Page } from '@/components/shell/page';
import { withoutRepeats } from '@/components/targets/arrange-rows';
import type { Barrier } from '@/components/targets/barrier-row';
import { FenceNotice } from '@/components/targets/fence-notice';
import { TargetHead } from '@/components/targets/target-head';
import { fromAddress, targetHref } from '@/components/targets/target-links';
import { TargetMigrations } from '@/components/targets/target-migrations';
import {
  CheckFailed,
  FolderProblems,
  OpenRollbackNotice,
  UnreadNotice,
} from '@/components/targets/target-notices';
import { TargetRescues } from '@/components/targets/target-rescues';
import { TargetRules } from '@/components/targets/target-rules';
import { LoadingLines } from '@/components/ui/skeleton';
import { currentActor } from '@/lib/auth/next';
import type { TargetPage } from '@/lib/core/views';
import { readTargetPage } from './_parts/read-target-page';
import { WaysOut } from './_parts/ways-out';

interface Props {
  params: Promise<{ target: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: fromAddress((await params).target) };
}

/** A target with all its migrations, and the choice of the one to go back to. */
export default async function TargetRoute({ params }: Props) {
  const name = fromAddress((await params).target);
  const actor = await currentActor(targetHref(name));
  const page = await readTargetPage(actor, name);
  const { summary, barrier, problems } = page;
  const notices = (
    <>
      {summary.error ? <UnreadNotice error={summary.error} /> : null}
      {summary.openRollback ? <OpenRollbackNotice rollback={summary.openRollback} /> : null}
      {summary.fence ? <FenceNotice fence={summary.fence} /> : null}
      {problems.length > 0 ? <FolderProblems problems={problems} /> : null}
      <Suspense fallback={<LoadingLines label="Asking what a restore would cost" lines={4} />}>
        <WaysOut actor={actor} page={page} />
      </Suspense>
    </>
  );
  const rules = (
    <>
      {page.forecast ? (
        <ForecastPanel forecast={page.forecast} title="The next migrate() of this folder">
          {summary.fence?.kind === 'trigger' ? (
            <p>
              The fence is up, so migrate() is refused while it has anything to apply that is newer
              than <code className="mono">{summary.fence.headTag}</code>.
            </p>
          ) : null}
        </ForecastPanel>
      ) : null}
      {page.rescues.length > 0 ? <TargetRescues copies={page.rescues} /> : null}
      {page.check?.state === 'failed' ? <CheckFailed message={page.check.error} /> : null}
      <TargetRules
        pattern={page.rollbackPattern}
        policy={page.policy}
        listed={summary.error === null}
        layout={page.layout}
      />
    </>
  );
  return (
    <>
      <TargetHead summary={summary} check={page.gates.check} progress={page.check} />
      {summary.error ? (
        <Page className="flex flex-col gap-4">
          {notices}
          {rules}
        </Page>
      ) : (
        <TargetMigrations
          target={name}
          lines={withoutRepeats(page.lines, barrier?.message ?? null)}
          barrier={barrierOf(page)}
          blocked={blockedBy(page)}
          above={notices}
          below={rules}
        />
      )}
    </>
  );
}

function barrierOf({ barrier, lines, summary }: TargetPage): Barrier | null {
  if (!barrier) return null;
  const line = lines.find(({ key }) => key === barrier.key);
  return {
    key: barrier.key,
    number: line?.number ?? barrier.key,
    message: barrier.message,
    intended: barrier.code === 'foundational',
    restoreHref: `/restore?target=${encodeURIComponent(summary.name)}`,
  };
}

/** Why no rollback can be created here now, before anybody has written a reason for one. */
function blockedBy({ summary, gates }: TargetPage): string | null {
  const open = summary.openRollback;
  if (open) return `${open.label} is open on this target. Bring it to its end or cancel it first.`;
  return gates.create.reason ?? null;
}
