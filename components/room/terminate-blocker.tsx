'use client';

import { Button } from '@/components/ui/button';
import { Icon } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import type { Blocker } from '@/lib/core/events';
import type { TimelineTermination } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { standingWord } from './blocker-words';
import { RoomAgo, useRoomNow } from './room-clock';

export interface TerminateBlockerProps {
  room: Pick<RollbackRoom, 'gates'>;
  blocker: Blocker;
  termination: TimelineTermination | undefined;
  onTerminate: (blocker: Blocker) => void;
}

/** Leads to ending the session that stands in the way, for who may; says what became of the last try. */
export function TerminateBlocker(props: TerminateBlockerProps) {
  const { room, blocker, termination, onTerminate } = props;
  const verdict = room.gates.actions.terminate_blocker;
  const standing = standingWord(termination, useRoomNow(1_000));
  if (standing) return <Asked termination={standing} />;
  const failed = termination?.state === 'failed' ? termination.text : null;
  // Without the time of its beginning a pid may by now be somebody else's.
  const offered = blocker.backendStart !== undefined && blocker.pid !== 0;
  if (!offered && failed === null) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3 pb-3">
      {failed === null ? null : (
        <p role="alert" className="min-w-0 flex-1 basis-48 text-sm wrap-anywhere text-danger-text">
          {failed}
        </p>
      )}
      {offered && verdict.allowed ? (
        <Button
          variant="danger-outline"
          icon="stop"
          className="max-md:w-full"
          onClick={() => onTerminate(blocker)}
        >
          Terminate blocker
        </Button>
      ) : offered ? (
        <p className="text-sm text-text-2">
          <span className="font-medium text-text">Terminate blocker:</span> {verdict.reason}
        </p>
      ) : null}
    </div>
  );
}

function Asked({ termination }: { termination: TimelineTermination }) {
  return (
    <p role="status" className="flex gap-2 px-3 pb-3 text-sm text-text-2">
      {termination.state === 'requested' ? (
        <Spinner className="mt-0.5 text-warn-text" />
      ) : (
        <Icon name="okSolid" className="mt-0.5 text-ok-text" />
      )}
      <span className="min-w-0">
        {termination.text}
        <span aria-live="off">
          , <RoomAgo value={termination.at} />.
        </span>
      </span>
    </p>
  );
}
