'use client';

import { RoomAgo, RoomElapsed } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Panel, PanelBody } from '@/components/ui/panel';
import { ProgressBar } from '@/components/ui/progress-bar';
import { Time } from '@/components/ui/time';
import type { RestoreRoom } from '@/lib/core/restore-views';
import { restoreLook } from './restore-look';
import { statusSince, waitingFor } from './restore-times';
import { namesOf, WAY_WORDS } from './way-words';

/** How it stands, in a sentence, with a time beside whatever waits. */
export function RestoreState({ room }: { room: RestoreRoom }) {
  return (
    <>
      <Standing room={room} />
      {waitingFor(room).map(({ words, since }) => (
        <Banner key={words} tone="info" icon="clock" role="status" title={words}>
          <RoomAgo value={since} />. The executor tells when it is done.
        </Banner>
      ))}
    </>
  );
}

function Standing({ room }: { room: RestoreRoom }) {
  const { status, progress, message, heartbeatAt } = room;
  const names = namesOf(room);
  if (status === 'restoring' || status === 'swapping' || status === 'swapping_back')
    return (
      <Panel aria-label="Progress">
        <PanelBody>
          <ProgressBar
            label={restoreLook(status).word}
            share={progress && progress.total > 0 ? progress.done / progress.total : undefined}
            aside={
              progress && progress.total > 0
                ? `${progress.done.toLocaleString('en-US')} of ${progress.total.toLocaleString('en-US')}`
                : null
            }
          >
            {progress?.phase ?? (heartbeatAt ? 'Under way' : 'Waiting for the executor')} for{' '}
            <RoomElapsed since={statusSince(room)} />
            {heartbeatAt ? (
              <>
                , told <RoomAgo value={heartbeatAt} />
              </>
            ) : null}
          </ProgressBar>
        </PanelBody>
      </Panel>
    );
  if (status === 'failed' || status === 'unknown')
    return (
      <Banner
        tone={status === 'failed' ? 'danger' : 'unknown'}
        role="alert"
        title={status === 'failed' ? WAY_WORDS[room.way].failed : WAY_WORDS[room.way].unknown}
      >
        {message}
        <span className="block text-xs text-text-2">
          <RoomAgo value={statusSince(room)} />
        </span>
      </Banner>
    );
  if (status === 'awaiting_approval')
    return (
      <Banner tone="info" icon="clock" role="status" title={waitsForReviewer(room)}>
        Asked for by {room.requestedBy.name}{' '}
        <RoomAgo value={room.approvalRequestedAt ?? statusSince(room)} />. {message}
      </Banner>
    );
  if (status === 'swapped' || status === 'swapped_back')
    return (
      <Banner
        tone="ok"
        role="status"
        title={
          status === 'swapped'
            ? standsWords(room, 'restored')
            : `${standsWords(room, 'former')} again`
        }
      >
        {status === 'swapped_back' ? (
          <>
            What was written meanwhile is only in{' '}
            <code className="mono wrap-anywhere">{names.restored}</code>.{' '}
          </>
        ) : room.swappedAt ? (
          <>
            Since <Time value={room.swappedAt} format="dayMinute" dot />.{' '}
            {room.droppedAt === null ? (
              <>
                What was there before is kept as{' '}
                <code className="mono wrap-anywhere">{names.former}</code>
                {room.keepUntil ? (
                  <>
                    {' '}
                    until <Time value={room.keepUntil} format="date" />
                  </>
                ) : null}
                , and can be swapped back.{' '}
              </>
            ) : null}
          </>
        ) : null}
        {message}
      </Banner>
    );
  return message ? <Banner tone="info" title={message} /> : null;
}

/** `chat is the restored database`, `chat has the former schemas` */
function standsWords({ way, databases }: RestoreRoom, which: 'restored' | 'former'): string {
  return `${databases.present} ${way === 'in_place' ? 'has' : 'is'} the ${which} ${WAY_WORDS[way].thing}`;
}

/** As the gate says it; a reviewer who looks is told so by the panel below. */
const waitsForReviewer = ({ gates }: RestoreRoom): string =>
  gates.steps.find(({ step }) => step === 'approval')?.reason ?? 'Waiting for approval.';
