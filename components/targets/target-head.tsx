import Link from 'next/link';
import { Page, PageHeader } from '@/components/shell/page';
import { CheckNow } from '@/components/targets/check-now';
import { CoverageFact } from '@/components/targets/coverage-fact';
import { SchemaFact } from '@/components/targets/schema-fact';
import { migrationHref } from '@/components/targets/target-links';
import { TargetTabs } from '@/components/targets/target-tabs';
import { Ago } from '@/components/ui/ago';
import { Badge } from '@/components/ui/badge';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { StatusChip } from '@/components/ui/status-chip';
import type { Verdict } from '@/lib/core/gates';
import type { TargetSummary } from '@/lib/core/views';

/** What the target is and where it stands. */
export function TargetHead({ summary, check }: { summary: TargetSummary; check: Verdict }) {
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
              <span className="text-xs text-text-2">
                Checked <Ago value={summary.checkedAt} />
              </span>
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
          <MetaFact label="Fence">
            {error ? (
              <span className="text-sm">Unknown</span>
            ) : (
              <StatusChip
                tone={fence ? 'info' : 'neutral'}
                icon={fence ? (fence.kind === 'watch' ? 'eye' : 'fenceUp') : 'fenceDown'}
                bare
              >
                {fence ? (fence.kind === 'watch' ? 'Watched' : 'Up') : 'Down'}
              </StatusChip>
            )}
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
