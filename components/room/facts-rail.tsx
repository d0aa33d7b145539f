'use client';

import { type ReactNode, useId, useState } from 'react';
import { Avatar } from '@/components/ui/avatar';
import { classNames } from '@/components/ui/class-names';
import { CopyButton } from '@/components/ui/copy-button';
import { Icon } from '@/components/ui/icon';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { SequenceChips, type SequenceItem } from '@/components/ui/sequence-chips';
import { Time } from '@/components/ui/time';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import type { DatabasePlace } from './database-place';
import { EvidenceFreshness } from './evidence-freshness';
import { shortHash } from './format-count';
import { impactOf, lossWords, totalLoss } from './loss-ledger';
import { policyWords } from './policy-words';
import { gradesSummary } from './step-proofs';

export interface FactsRailProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
}

/** What does not change from step to step. Beside the content where there is room, else folded below it. */
export function FactsRail({ room, timeline, place }: FactsRailProps) {
  const [open, setOpen] = useState(false);
  const bodyId = useId();
  return (
    <aside
      aria-label="Facts"
      className="border-line bg-surface max-xl:mt-3 max-xl:rounded-lg max-xl:border xl:absolute xl:inset-y-0 xl:right-0 xl:w-71 xl:border-l"
    >
      <button
        type="button"
        aria-expanded={open}
        aria-controls={bodyId}
        onClick={() => setOpen(!open)}
        className="flex min-h-11 w-full items-center gap-2 rounded-lg px-4 text-left text-sm font-medium xl:hidden"
      >
        <Icon name="chevronRight" className={classNames('text-text-3', open && 'rotate-90')} />
        Facts and evidence
      </button>
      <div
        id={bodyId}
        className={classNames(
          'py-2 xl:sticky xl:top-12 xl:max-h-[calc(100dvh-7.5rem)] xl:overflow-y-auto',
          'max-xl:border-t max-xl:border-line',
          open ? '' : 'max-xl:hidden',
        )}
      >
        <MetaFacts layout="rail">
          <MetaFact label="Target">
            <p className="text-sm font-medium">{room.target.name}</p>
            <p className="text-xs text-text-2">PostgreSQL {room.target.serverVersion}</p>
            <p className="mono text-xs text-text-3">{room.target.address}</p>
          </MetaFact>
          <MetaFact label="From, in run order, to">
            <SequenceChips
              label="Undone in this order, down to the new head"
              items={chain(room, timeline, place)}
              className="mt-0.5"
            />
          </MetaFact>
          <MetaFact label="Data loss">
            <DataLossFact room={room} />
          </MetaFact>
          <MetaFact label="Round trips">
            <p className="text-sm">{gradesSummary(room)}</p>
          </MetaFact>
          <MetaFact label="Plan digest">
            <span className="flex items-center gap-1">
              <code className="text-sm" title={room.digest}>
                {shortHash(room.digest)}
              </code>
              <CopyButton text={room.digest} what="plan digest" />
            </span>
          </MetaFact>
          <MetaFact label="Requested by">
            <p className="flex items-center gap-2 text-sm font-medium">
              <Avatar name={room.requestedBy.name} size="sm" />
              {room.requestedBy.name}
            </p>
            <p className="mt-0.5 pl-7 text-xs text-text-3">
              <Time value={room.createdAt} format="dayMinute" dot />
            </p>
          </MetaFact>
          <MetaFact label="Reason">
            <p className="text-sm">{room.reason}</p>
            {room.incident ? <Incident value={room.incident} /> : null}
          </MetaFact>
          <MetaFact label="Evidence freshness">
            <EvidenceFreshness room={room} />
          </MetaFact>
          <MetaFact label="Policy">
            <ul className="text-xs text-text-2">
              {policyWords(room.policy).map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </MetaFact>
        </MetaFacts>
      </div>
    </aside>
  );
}

function chain(room: RollbackRoom, timeline: Timeline, place: DatabasePlace): SequenceItem[] {
  const steps = room.plan.steps.map((step, position): SequenceItem => {
    const state = timeline.steps[position]?.state;
    if (position < place.done) return { label: step.number, tone: 'done' };
    if (position === place.done && place.orAt) return { label: step.number, tone: 'unknown' };
    if (state === 'undone' && timeline.finished) return { label: step.number, tone: 'failed' };
    return { label: step.number, tone: 'undo' };
  });
  return [...steps, { label: room.plan.to.number, tone: 'destination' }];
}

function DataLossFact({ room }: { room: RollbackRoom }) {
  const impact = impactOf(room);
  if (!impact) return <p className="text-sm text-text-2">Comes with the rehearsal</p>;
  const words = lossWords(totalLoss(impact.losses));
  return words ? (
    <p className="flex items-start gap-1.5 text-sm font-medium text-warn-text">
      <Icon name="loss" className="mt-0.5" />
      {words}
    </p>
  ) : (
    <p className="text-sm">None</p>
  );
}

/** A link when it is an address, else the words as they were written. */
function Incident({ value }: { value: string }): ReactNode {
  if (!/^https?:\/\//i.test(value)) return <p className="mt-1 text-sm font-medium">{value}</p>;
  const name = value.split(/[?#]/)[0]?.split('/').filter(Boolean).at(-1) ?? value;
  return (
    <a
      href={value}
      target="_blank"
      rel="noreferrer"
      className="link mt-1 inline-flex items-center gap-1 text-sm"
    >
      {name}
      <Icon name="external" size={14} label="opens in a new tab" />
    </a>
  );
}
