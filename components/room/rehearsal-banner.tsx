'use client';

import type { ReactNode } from 'react';
import { Banner } from '@/components/ui/banner';
import { CopyButton } from '@/components/ui/copy-button';
import { formatDuration } from '@/components/ui/duration-format';
import { ProgressBar } from '@/components/ui/progress-bar';
import { Spinner } from '@/components/ui/spinner';
import type { RollbackEvent } from '@/lib/core/events';
import type { RehearsalEvidence, RehearsedStep } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { ActionButton } from './action-button';
import { formatCount, tinyHash } from './format-count';
import { latestProgress } from './job-progress';
import { undoMs } from './rehearsal-times';
import { RoomAgo, RoomElapsed } from './room-clock';
import { StatementErrorText } from './statement-error';

export interface RehearsalBannerProps {
  room: RollbackRoom;
  /** The rehearsal of this very digest. */
  rehearsal: RehearsalEvidence | null;
  events: readonly RollbackEvent[];
  /** The dock offers to rehearse; once is enough. */
  rehearseInDock: boolean;
}

/** What the rehearsal says: under way, passed, failed, interrupted, or none yet. */
export function RehearsalBanner({ room, rehearsal, events, rehearseInDock }: RehearsalBannerProps) {
  const again =
    rehearseInDock || !room.gates.actions.rehearse.allowed ? null : (
      <ActionButton room={room} action="rehearse" />
    );
  if (!rehearsal) {
    return (
      <Banner tone="neutral" title="Not rehearsed yet" action={again}>
        A rehearsal replays the migrations on a scratch database, compares the result with the
        target, tries each script against its own migration, and runs this rollback there step by
        step. On the live target it only reads what would be lost.
      </Banner>
    );
  }
  switch (rehearsal.state) {
    case 'queued':
    case 'running':
      return <Rehearsing rehearsal={rehearsal} events={events} />;
    case 'passed':
      return <Passed room={room} rehearsal={rehearsal} action={again} />;
    case 'failed':
      return <Failed rehearsal={rehearsal} action={again} />;
    case 'interrupted':
      return (
        <Banner tone="warn" role="status" title="The rehearsal was interrupted" action={again}>
          {rehearsal.error ?? 'The executor ended while it ran.'}{' '}
          {rehearsal.finishedAt ? <RoomAgo value={rehearsal.finishedAt} /> : null}
          {' The target was not touched.'}
        </Banner>
      );
  }
}

function Rehearsing({
  rehearsal,
  events,
}: {
  rehearsal: RehearsalEvidence;
  events: readonly RollbackEvent[];
}) {
  const progress = latestProgress(events, 'rehearsal.progress', rehearsal.id) ?? rehearsal.progress;
  const queued = rehearsal.state === 'queued' && !progress;
  return (
    <div className="rounded-lg border border-line bg-surface px-4 py-3">
      <p className="flex items-center gap-3 font-semibold">
        <Spinner className="text-accent-text" />
        {queued ? 'Waiting for the executor to rehearse' : 'Rehearsing on a scratch database'}
        <RoomElapsed
          since={rehearsal.startedAt ?? rehearsal.queuedAt}
          className="ml-auto text-sm font-medium text-text-2"
        />
      </p>
      <div className="mt-2 pl-7">
        {queued || !progress ? (
          <p className="text-sm text-text-2">The target is not touched by it.</p>
        ) : (
          <ProgressBar
            label="Rehearsal"
            share={progress.total > 0 ? progress.done / progress.total : undefined}
            aside={progress.total > 0 ? `${progress.done} of ${progress.total}` : undefined}
          >
            {progress.phase}
          </ProgressBar>
        )}
      </div>
    </div>
  );
}

function Passed({
  room,
  rehearsal,
  action,
}: {
  room: RollbackRoom;
  rehearsal: RehearsalEvidence;
  action: ReactNode;
}) {
  const { result } = rehearsal;
  if (!result) return null;
  const last = result.steps.at(-1);
  const cloned = result.mode === 'clone';
  return (
    <Banner
      tone="ok"
      title={`Rehearsed${cloned ? ' on a copy of the live schema' : ''}: ${result.steps.length === 1 ? 'the step' : `all ${formatCount(result.steps.length, 'step')}`} passed in ${formatDuration(undoMs(result))}`}
      action={action}
    >
      {cloned ? (
        <>{result.cloneReason} So the scratch database is the live schema, without its rows. </>
      ) : (
        <>On a scratch database that replayed the files up to {room.plan.from.number}. </>
      )}
      {rehearsal.finishedAt ? <RoomAgo value={rehearsal.finishedAt} /> : null},{' '}
      {formatDuration(result.totalMs)} in all. {formatCount(result.objectsCompared, 'object')}{' '}
      compared with the target.{' '}
      {last ? (
        <>
          Schema as of {room.plan.to.number}: fingerprint{' '}
          <code>{tinyHash(last.fingerprintAfter)}</code>
          <CopyButton text={last.fingerprintAfter} what="rehearsed fingerprint" />
        </>
      ) : null}
    </Banner>
  );
}

function Failed({ rehearsal, action }: { rehearsal: RehearsalEvidence; action: ReactNode }) {
  const failed = failedStep(rehearsal);
  return (
    <Banner
      tone="danger"
      role="alert"
      title={failed ? `The rehearsal failed in ${failed.tag}` : 'The rehearsal failed'}
      action={action}
    >
      {failed?.error ? (
        <StatementErrorText error={failed.error} />
      ) : (
        (rehearsal.error ?? 'No reason was recorded.')
      )}
      <p className="mt-1">
        {rehearsal.finishedAt ? (
          <>
            <RoomAgo value={rehearsal.finishedAt} />.{' '}
          </>
        ) : null}
        The target was not touched.
        {failed ? ' The line is marked below.' : null}
      </p>
    </Banner>
  );
}

function failedStep(rehearsal: RehearsalEvidence): RehearsedStep | undefined {
  return rehearsal.result?.steps.find((step) => step.error !== undefined);
}
