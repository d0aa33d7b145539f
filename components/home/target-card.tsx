import Link from 'next/link';
import { coverageCells, coverageLegend, coverageSummary } from '@/components/home/coverage';
import { OpenRollbackRow } from '@/components/home/open-rollback-row';
import { mergedCells } from '@/components/targets/coverage-fact';
import { fenceLook, reappliedName, refusedWords } from '@/components/targets/fence-look';
import { SchemaFact } from '@/components/targets/schema-fact';
import { targetHref } from '@/components/targets/target-links';
import { Ago } from '@/components/ui/ago';
import { Badge } from '@/components/ui/badge';
import { Breakable } from '@/components/ui/breakable';
import { Button } from '@/components/ui/button';
import { ButtonLink } from '@/components/ui/button-link';
import { CoverageLegend, CoverageStrip } from '@/components/ui/coverage-strip';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import type { TargetFence, TargetSummary } from '@/lib/core/views';

const cell =
  'min-w-0 border-line-soft px-4 pt-2.5 pb-3 max-lg:border-t lg:border-l lg:first:border-l-0';
const label = 'mb-1.5 text-xs font-medium text-text-3';

interface TargetCardProps {
  target: TargetSummary;
  /** Somebody has asked for another reading, and it is under way. */
  retrying: boolean;
  onRetry: () => void;
}

/** One target: where it stands, how far back it can go, and what is under way. */
export function TargetCard({ target, retrying, onRetry }: TargetCardProps) {
  const href = targetHref(target.name);
  return (
    <article
      aria-label={target.name}
      className="overflow-hidden rounded-lg border border-line bg-surface shadow-rest"
    >
      <header className="flex min-h-12 flex-wrap items-center gap-x-2.5 gap-y-2 px-4 py-2">
        <Badge kind={target.environment} />
        <h2 className="text-lg tracking-tight">
          <Link href={href} className="rounded-sm hover:underline">
            {target.name}
          </Link>
        </h2>
        <p className="flex flex-wrap items-baseline gap-x-2.5 text-sm text-text-2">
          {target.serverVersion ? <span>PostgreSQL {target.serverVersion}</span> : null}
          <code className="mono wrap-anywhere">{target.address}</code>
        </p>
        <span className="ml-auto flex flex-wrap items-center gap-2">
          {target.openRollback ? (
            <ButtonLink variant="primary" href={`/rollbacks/${target.openRollback.label}`}>
              Open {target.openRollback.label}
            </ButtonLink>
          ) : (
            <ButtonLink
              icon="undo"
              href={href}
              disabledReason={target.error ? 'It can’t be read now' : null}
            >
              Roll back…
            </ButtonLink>
          )}
        </span>
      </header>
      {target.error ? (
        <Unread message={target.error.message} retrying={retrying} onRetry={onRetry} />
      ) : (
        <div className="grid grid-cols-1 border-t border-line-soft lg:grid-cols-[minmax(0,280px)_minmax(0,1fr)_minmax(0,190px)_minmax(0,220px)]">
          <div className={cell}>
            <p className={label}>Head migration</p>
            <p className="font-mono text-code wrap-anywhere">
              {target.headTag ? <Breakable text={target.headTag} /> : 'nothing applied'}
            </p>
            <p className="mt-0.5 text-xs text-text-2">{countsOf(target)}</p>
            {target.headGeneratedAt ? (
              <p className="text-xs text-text-2">
                Generated <Time value={target.headGeneratedAt} format="date" />
              </p>
            ) : null}
          </div>
          <div className={cell}>
            <p className={`${label} flex justify-between gap-2`}>
              <span>Rollback coverage, oldest left</span>
              <span className="font-normal text-text-2">
                {target.reachesBackTo ? (
                  <>
                    Reaches back to <code className="mono text-text">{target.reachesBackTo}</code>
                  </>
                ) : (
                  'Nothing can be undone'
                )}
              </span>
            </p>
            <CoverageStrip
              cells={mergedCells(coverageCells(target.coverage))}
              summary={coverageSummary(target.coverage)}
            />
            <CoverageLegend className="mt-1.5" entries={coverageLegend(target.coverage)} />
          </div>
          <div className={cell}>
            <p className={label}>Schema</p>
            <SchemaFact summary={target} />
          </div>
          <div className={cell}>
            <p className={label}>Re-apply fence</p>
            <Fence fence={target.fence} />
          </div>
        </div>
      )}
      {target.openRollback ? <OpenRollbackRow rollback={target.openRollback} /> : null}
    </article>
  );
}

function countsOf({ counts }: TargetSummary): string {
  if (!counts) return '';
  const more = [
    [counts.pending, 'pending'],
    [counts.changed, 'with a changed file'],
    [counts.unknown, 'unknown'],
    [counts.skipped, 'skipped'],
  ] as const;
  return [
    `${counts.applied} applied`,
    ...more.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`),
  ].join(', ');
}

function Fence({ fence }: { fence: TargetSummary['fence'] }) {
  const look = fenceLook(fence);
  const refused = fence ? refusedWords(fence) : null;
  return (
    <>
      <StatusChip tone={look.tone} icon={look.icon} bare>
        {look.word}
      </StatusChip>
      <p className="mt-0.5 text-xs wrap-anywhere text-text-2">
        {fence ? <HeldOff fence={fence} /> : 'Deploys may apply new migrations'}
      </p>
      {fence && refused ? (
        <p className="mt-0.5 text-xs text-warn-text">
          {refused}
          {fence.lastRefusedAt ? (
            <>
              , last <Ago value={fence.lastRefusedAt} />
            </>
          ) : null}
        </p>
      ) : null}
      {fence?.lookError ? (
        <p className="mt-0.5 text-xs text-danger-text">
          Last look failed
          {fence.lookedAt ? (
            <>
              {' '}
              <Ago value={fence.lookedAt} />
            </>
          ) : null}
        </p>
      ) : null}
    </>
  );
}

function HeldOff({ fence }: { fence: TargetFence }) {
  return (
    <>
      {fence.reapplied.length > 0
        ? `${fence.reapplied.map(reappliedName).join(', ')} ${fence.reapplied.length === 1 ? 'is' : 'are'} in the tracking table again. `
        : null}
      Images newer than{' '}
      <code className="mono">
        {fence.headTag ? <Breakable text={fence.headTag} /> : 'the new head'}
      </code>{' '}
      {fence.kind === 'watch' ? 'are not refused, only watched for' : 'are refused'}
      {fence.raisedAt ? (
        <>
          {' '}
          since <Time value={fence.raisedAt} format="dayMinute" />
        </>
      ) : null}
      {fence.rollback ? (
        <>
          {', '}
          <span className="whitespace-nowrap">{fence.rollback}</span>
        </>
      ) : null}
    </>
  );
}

function Unread(props: { message: string; retrying: boolean; onRetry: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-t border-line-soft px-4 py-2.5">
      <StatusChip tone="unknown" bare>
        Unknown
      </StatusChip>
      <p className="min-w-0 flex-1 basis-72 text-sm wrap-anywhere">{props.message}</p>
      <Button
        icon="refresh"
        pending={props.retrying}
        pendingLabel="Checking"
        onClick={props.onRetry}
        className="max-md:ml-auto"
      >
        Retry
      </Button>
    </div>
  );
}
