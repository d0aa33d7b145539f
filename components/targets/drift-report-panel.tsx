import { DriftList } from '@/components/proof/drift-list';
import { Ago } from '@/components/ui/ago';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import type { DriftReport, TargetCheck } from '@/lib/core/evidence';
import type { Policy } from '@/lib/core/policy';

export interface DriftReportPanelProps {
  /** The newest report; null before the first. */
  drift: DriftReport | null;
  check: TargetCheck | null;
  policy: Policy['drift'];
}

/** What the live database has that the files don't say, and the other way round. */
export function DriftReportPanel({ drift, check, policy }: DriftReportPanelProps) {
  if (!drift) {
    return (
      <Panel aria-label="Drift">
        <EmptyState title="Not compared yet" icon="pending">
          {check?.progress
            ? `${check.progress.phase} …`
            : 'The live schema is compared with the replayed files by itself, or with “Check now”.'}
        </EmptyState>
      </Panel>
    );
  }
  const count = drift.changes.length;
  return (
    <Panel aria-labelledby="drift-title">
      <PanelHeader
        title="Live schema against the files"
        titleId="drift-title"
        level={2}
        detail={
          <>
            compared <Ago value={drift.checkedAt} />
            {drift.headTag ? (
              <>
                {' '}
                with the files up to <code className="mono">{drift.headTag}</code>
              </>
            ) : null}
          </>
        }
        status={
          drift.unreplayable !== null ? (
            <StatusChip tone="unknown">Files don’t replay</StatusChip>
          ) : count === 0 ? (
            <StatusChip tone="ok">No drift</StatusChip>
          ) : (
            <StatusChip tone="warn">
              {count} {count === 1 ? 'object differs' : 'objects differ'}
            </StatusChip>
          )
        }
      />
      {drift.unreplayable !== null ? (
        <PanelBody className="flex flex-col gap-2 text-sm">
          <p className="wrap-anywhere">{drift.unreplayable}</p>
          <p className="text-text-2">
            So there is nothing to compare with. A rollback here is rehearsed on a copy of the live
            schema instead.
          </p>
        </PanelBody>
      ) : count === 0 ? (
        <PanelBody>
          <p className="text-sm">
            {drift.objectsCompared.toLocaleString('en-US')} objects compared: the database is what
            its migrations make of an empty one.
          </p>
        </PanelBody>
      ) : (
        <>
          <PanelBody>
            <p className="text-sm text-text-2">
              Somebody changed the database past its migrations, or a file after it was applied. A
              rollback here is rehearsed on a copy of the live schema
              {policy === 'block' ? ', and the policy of this target blocks its run.' : '.'}
            </p>
          </PanelBody>
          <DriftList changes={drift.changes} />
        </>
      )}
    </Panel>
  );
}
