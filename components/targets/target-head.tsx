import Link from 'next/link';
import { Page, PageHeader } from '@/components/shell/page';
import { CheckNow } from '@/components/targets/check-now';
import { CheckProgress } from '@/components/targets/check-progress';
import { CoverageFact } from '@/components/targets/coverage-fact';
import { fenceLook, refusedWords } from '@/components/targets/fence-look';
import { SchemaFact } from '@/components/targets/schema-fact';
import { migrationHref } from '@/components/targets/target-links';
import { TargetTabs } from '@/components/targets/target-tabs';
import { Badge } from '@/components/ui/badge';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { StatusChip } from '@/components/ui/status-chip';
import type { TargetCheck } from '@/lib/core/evidence';
import type { Verdict } from '@/lib/core/gates';
import type { TargetFence, TargetSummary } from '@/lib/core/views';

export interface TargetHeadProps {
  summary: TargetSummary;
  /** Whether a check may be asked for. */
  check: Verdict;
  /** The newest check, going on or over. */
  progress: TargetCheck | null;
}

/** What the target is and where it stands. */
export function TargetHead({ summary, check, progress }: TargetHeadProps) {
  const { name, error, fence } = summary;
  return (
    <div className="border-b border-line bg-surface">
      <Page className="py-4!">
        <PageHeader
          crumbs={[{ label: 'Targets', href: '/' }, { label: name }]}
          title={name}
          status={<Badge kind={summary.environment} />}
          actions={
            <>
              <CheckProgress check={progress} readAt={summary.checkedAt} />
              <CheckNow target={name} verdict={check} checking={summary.checking} />
            </>
          }
        />
        <MetaFacts>
          <MetaFact label="Head" className="max-md:col-span-2">
            {error ? (
              <span className="text-sm">Unknown</span>
            ) : summary.headTag ? (
              <Link
                href={migrationHref(name, summary.headTag)}
                className="font-mono text-code hover:underline"
              >
                {summary.headTag}
              </Link>
            ) : (
              'Nothing applied'
            )}
          </MetaFact>
          <MetaFact label="Server">
            <p className="text-sm">
              {summary.serverVersion ? `PostgreSQL ${summary.serverVersion}` : 'Unknown'}
            </p>
            <p className="font-mono text-xs wrap-anywhere text-text-2">{summary.address}</p>
          </MetaFact>
          {error ? null : (
            <MetaFact label="Schema">
              <SchemaFact summary={summary} />
            </MetaFact>
          )}
          <MetaFact label="Fence" className="max-md:col-span-2">
            {error ? <span className="text-sm">Unknown</span> : <FenceFact fence={fence} />}
          </MetaFact>
          {error ? null : (
            <MetaFact
              label="Rollback coverage, oldest left"
              className="max-md:col-span-2 md:min-w-80 md:flex-1"
            >
              <CoverageFact summary={summary} />
            </MetaFact>
          )}
        </MetaFacts>
        {error ? null : (
          <TargetTabs
            target={name}
            migrations={summary.counts?.total ?? 0}
            drift={summary.drift ? summary.drift.objects : null}
          />
        )}
      </Page>
    </div>
  );
}

/** Whether newer images are held off, and whether one has tried. */
function FenceFact({ fence }: { fence: TargetFence | null }) {
  const look = fenceLook(fence);
  const refused = fence ? refusedWords(fence) : null;
  return (
    <>
      <StatusChip tone={look.tone} icon={look.icon} bare>
        {look.word}
      </StatusChip>
      {refused ? <p className="text-xs text-warn-text">{refused}</p> : null}
    </>
  );
}
