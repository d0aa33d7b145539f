'use client';

import { Avatar } from '@/components/ui/avatar';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Time } from '@/components/ui/time';
import type { RollbackEvent } from '@/lib/core/events';
import type { ApprovalEvidence } from '@/lib/core/evidence';
import { whyVoided } from './approval-facts';
import { tinyHash } from './format-count';
import { ChangeList } from './plan-changes';

export interface DecisionListProps {
  approvals: readonly ApprovalEvidence[];
  events: readonly RollbackEvent[];
  digest: string;
}

/** Who said what, newest first; what no longer counts stays, with the reason. */
export function DecisionList({ approvals, events, digest }: DecisionListProps) {
  if (approvals.length === 0) return null;
  return (
    <Panel aria-labelledby="decisions">
      <PanelHeader title="Decisions" titleId="decisions" />
      <ul className="text-sm">
        {[...approvals].reverse().map((approval) => (
          <li
            key={approval.id}
            className="flex gap-3 border-b border-line-soft px-4 py-3 last:border-b-0"
          >
            <Avatar name={approval.by.name} />
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{approval.by.name}</span>
                <Verdict approval={approval} />
                <span className="text-xs text-text-3">
                  <Time value={approval.at} format="dayMinute" dot />
                </span>
              </p>
              {approval.comment ? (
                <p className="mt-0.5 wrap-anywhere whitespace-pre-line">{approval.comment}</p>
              ) : null}
              <Void approval={approval} events={events} />
              {approval.digest === digest ? null : (
                <p className="mt-0.5 text-xs text-text-2">
                  For an earlier plan, digest <code>{tinyHash(approval.digest)}</code>
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Verdict({ approval }: { approval: ApprovalEvidence }) {
  if (approval.voidedAt) {
    return <StatusChip tone="warn">Void</StatusChip>;
  }
  return approval.decision === 'approved' ? (
    <StatusChip tone="ok">Approved</StatusChip>
  ) : (
    <StatusChip tone="danger">Rejected</StatusChip>
  );
}

function Void({
  approval,
  events,
}: {
  approval: ApprovalEvidence;
  events: readonly RollbackEvent[];
}) {
  if (!approval.voidedAt) return null;
  const changes = whyVoided(approval, events);
  return (
    <div className="mt-1 text-text-2">
      <p>
        {approval.decision === 'approved' ? 'Approved, then void' : 'Void'} since{' '}
        <Time value={approval.voidedAt} format="dayMinute" dot />: what was decided is no longer
        what would run.
      </p>
      {changes.length > 0 ? <ChangeList changes={changes} /> : null}
    </div>
  );
}
