'use client';

import { Banner } from '@/components/ui/banner';
import { Duration } from '@/components/ui/duration';
import { Field } from '@/components/ui/field';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Stats } from '@/components/ui/stats';
import { Textarea } from '@/components/ui/textarea';
import { Time } from '@/components/ui/time';
import type { RollbackEvent } from '@/lib/core/events';
import type { RollbackRoom } from '@/lib/core/views';
import { formatSum } from '../amount';
import { summarizeForApproval, undoneRange } from '../approval-facts';
import { ApprovalState } from '../approval-state';
import { DecisionList } from '../decision-list';
import { EvidenceChecks } from '../evidence-checks';
import { formatCount } from '../format-count';
import { impactOf, lossWords, totalLoss } from '../loss-ledger';
import { LossLedger } from '../loss-ledger-panel';
import { PlanChanges } from '../plan-changes';
import { ScriptGrades } from '../script-grades';
import { StatementList } from '../statement-list';
import { TakenDangers } from '../taken-dangers';

export interface ApprovalViewProps {
  room: RollbackRoom;
  events: readonly RollbackEvent[];
  /** This person decides now. */
  decides: boolean;
  comment: string;
  onComment: (comment: string) => void;
  onOpenPreview: () => void;
}

/** What a reviewer needs to say yes or no in two minutes, and what the requester waits for. */
export function ApprovalView(props: ApprovalViewProps) {
  const { room, events, decides, comment, onComment, onOpenPreview } = props;
  return (
    <div className="flex flex-col gap-3">
      {decides ? null : <ApprovalState room={room} />}
      <Summary room={room} />
      <PlanChanges room={room} />
      {decides ? <Unchanged room={room} /> : null}
      <LossLedger room={room} />
      <TakenDangers room={room} />
      <ScriptGrades room={room} />
      <EvidenceChecks room={room} />
      <StatementList plan={room.plan} onOpenPreview={onOpenPreview} />
      <DecisionList approvals={room.approvals} events={events} digest={room.digest} />
      {decides ? (
        <Panel aria-label="Your decision">
          <PanelBody>
            <Field
              label="Comment"
              hint="Needed to reject. It is kept in the history with your name."
            >
              <Textarea
                value={comment}
                onChange={(event) => onComment(event.target.value)}
                rows={3}
                maxLength={2_000}
              />
            </Field>
          </PanelBody>
        </Panel>
      ) : null}
    </div>
  );
}

function Summary({ room }: { room: RollbackRoom }) {
  const { migrations, statements, objects, rehearsedMs, measuredOn } = summarizeForApproval(room);
  const impact = impactOf(room);
  const total = impact ? totalLoss(impact.losses) : null;
  const lost = total ? lossWords(total) : null;
  return (
    <Panel aria-labelledby="approval-summary">
      <PanelHeader
        title={`${formatCount(migrations, 'migration')} undone on ${room.target.name}`}
        titleId="approval-summary"
        detail={`${room.plan.from.number} down to ${room.plan.to.number}, ${formatCount(statements, 'statement')}`}
      />
      <Stats
        bare
        items={[
          {
            id: 'loss',
            label: 'Data loss',
            value: total ? (lost ? formatSum(total.all) : 'None') : 'Not known',
            tone: lost ? 'warn' : undefined,
            detail: total ? (lost ?? 'on the live target') : 'comes with the rehearsal',
          },
          {
            id: 'objects',
            label: 'Objects removed',
            value: objects ? objects.removed.toLocaleString('en-US') : 'Not known',
            tone: objects && objects.removed > 0 ? 'warn' : undefined,
            detail: objects
              ? `${objects.added} added, ${objects.changed} changed`
              : 'comes with the rehearsal',
          },
          {
            id: 'duration',
            label: 'Duration',
            value:
              rehearsedMs === null ? 'Not known' : <Duration estimate milliseconds={rehearsedMs} />,
            detail: measuredOn
              ? `as rehearsed on the data of ${measuredOn}`
              : 'as rehearsed, without data',
          },
          {
            id: 'back',
            label: 'Way back',
            value: undoneRange(room),
            detail:
              room.backup?.state === 'passed' ? (
                <>
                  apply again, or restore{' '}
                  <span className="whitespace-nowrap">{room.backup.label}</span>
                </>
              ) : (
                'apply again, or restore a backup'
              ),
          },
        ]}
      />
    </Panel>
  );
}

/** Said in so many words: a reviewer should not have to conclude it from a silence. */
function Unchanged({ room }: { room: RollbackRoom }) {
  const { planCheck, approvalRequestedAt } = room;
  if (!planCheck || planCheck.changes.length > 0 || !approvalRequestedAt) return null;
  return (
    <Banner tone="neutral" icon="ok" title="Nothing changed since the request">
      Files, tracking rows and live schema equal what was pinned; compared{' '}
      <Time value={planCheck.checkedAt} local={false} />, asked{' '}
      <Time value={approvalRequestedAt} local={false} />.
    </Banner>
  );
}
