'use client';

import type { ReactNode } from 'react';
import { Command } from '@/components/ui/command';
import { Disclosure } from '@/components/ui/disclosure';
import { Icon, type IconName } from '@/components/ui/icon';
import { Panel } from '@/components/ui/panel';
import { Spinner } from '@/components/ui/spinner';
import { Time } from '@/components/ui/time';
import type { FenceEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { AfterRunStep } from './after-run-step';
import { type DatabasePlace, movedAway } from './database-place';
import { DeployStep } from './deploy-step';
import { formatCount } from './format-count';
import { RoomAgo } from './room-clock';

/** The half after the run: deploy the older image, then let the fence down. */
export function FenceCard({ room, place }: { room: RollbackRoom; place: DatabasePlace }) {
  const { fence } = room;
  const up = fence !== null && fence.releasedAt === null;
  const released = fence !== null && !up;
  return (
    <Panel tone={up ? 'info' : undefined} aria-labelledby="fence">
      <FenceHead room={room} unknown={place.orAt !== null} />
      <ol>
        {room.status === 'succeeded' ? (
          <DeployStep releases={room.releases} head={room.plan.to.number} released={released} />
        ) : (
          <DeployLater room={room} place={place} />
        )}
        {fence ? <ReleaseStep room={room} /> : null}
      </ol>
      {up ? <LastLook fence={fence} /> : null}
      {up && fence.kind === 'trigger' ? (
        <div className="border-t border-line-soft px-4 py-1.5">
          <Disclosure summary="Remove the fence by hand">
            <p className="mb-2 text-sm text-text-2">
              Works without Backstep, for the role that owns the tracking table. Backstep notices at
              its next look at the target.
            </p>
            <Command prompt="=#" text={room.fenceRemovalSql} what="SQL that removes the fence" />
          </Disclosure>
        </div>
      ) : null}
    </Panel>
  );
}

/** The run has not come to its end: the release for the end would not fit the database as it is. */
function DeployLater({ room, place }: { room: RollbackRoom; place: DatabasePlace }) {
  const moved = movedAway(room) !== null || (room.fence?.reapplied.length ?? 0) > 0;
  const resume = room.status === 'stopped' ? ' Resume the run first.' : '';
  return (
    <AfterRunStep
      icon={<Icon name="pending" className="text-text-3" />}
      title={`Deploy once the database is at ${room.plan.to.number}`}
    >
      <p className="text-sm text-text-2">
        {room.status === 'running'
          ? 'The run goes on.'
          : moved
            ? 'Others have changed it since this run: see the target’s page for where it is.'
            : place.orAt
              ? 'Where it is now has to be found out first.'
              : place.inside
                ? `It is between ${place.at} and ${place.inside.next}, where no release fits.${resume}`
                : `It is at ${place.at}.${resume} To leave it there, deploy an image whose journal ends at ${place.at}.`}
      </p>
    </AfterRunStep>
  );
}

function FenceHead({ room, unknown }: { room: RollbackRoom; unknown: boolean }) {
  const { fence } = room;
  const number = room.plan.to.number;
  if (!fence && unknown && room.policy.fence) {
    return (
      <Head icon="unknown" title="Whether the fence is up is not known" tone="neutral">
        It goes up with the first committed step, and whether that one is in has to be found out.
      </Head>
    );
  }
  if (!fence) {
    return (
      <Head icon="fenceDown" title="No fence was put up" tone="neutral">
        {room.policy.fence
          ? 'It goes up with the first committed step.'
          : `The policy of this target wants none; the tracking table is watched from the first committed step on. As long as an image that contains ${room.plan.from.number} can start, drizzle applies the undone migrations again.`}
      </Head>
    );
  }
  const watch = fence.kind === 'watch';
  if (fence.releasedAt) {
    const title = watch
      ? 'The watch has ended'
      : fence.removedByHandAt
        ? 'The fence was removed by hand'
        : 'The fence is released';
    return (
      <Head icon="fenceDown" title={title} tone="neutral">
        {fence.removedByHandAt
          ? 'Somebody dropped it without Backstep, seen'
          : `By ${fence.releasedBy ?? 'Backstep'},`}{' '}
        <Time value={fence.releasedAt} format="dayMinute" dot />. It stood since{' '}
        <Time value={fence.raisedAt} format="dayMinute" dot />. An image that contains the undone
        migrations applies them again when it starts.
      </Head>
    );
  }
  if (watch) {
    return (
      <Head icon="eye" title="No fence: the tracking table is watched" tone="info">
        Since <Time value={fence.raisedAt} format="dayMinute" dot /> (
        <RoomAgo value={fence.raisedAt} />
        ). {fence.why} A newer image that starts applies the undone migrations again, and you are
        told within seconds.
      </Head>
    );
  }
  return (
    <Head
      icon="fenceUp"
      title="Fence is up: a newer image that calls migrate() is refused"
      tone="info"
    >
      Up since <Time value={fence.raisedAt} format="dayMinute" dot /> (
      <RoomAgo value={fence.raisedAt} />
      ). A trigger on the tracking table refuses every new row, so images whose journal goes beyond{' '}
      {number} fail to start and change nothing. Images that end at {number} start as ever.
    </Head>
  );
}

/** Whether anybody ran into it, and how old that knowledge is. */
function LastLook({ fence }: { fence: FenceEvidence }) {
  const refused =
    fence.kind === 'trigger' ? (
      <span className={fence.refusals > 0 ? 'font-medium text-warn-text' : undefined}>
        {fence.refusals === 0
          ? 'No newer image has been refused yet.'
          : `Newer images were refused ${formatCount(fence.refusals, 'time')}`}
        {fence.lastRefusedAt ? (
          <>
            , last <RoomAgo value={fence.lastRefusedAt} />: something still boots them.
          </>
        ) : null}
      </span>
    ) : null;
  return (
    <p className="flex flex-wrap gap-x-3 gap-y-1 border-t border-line-soft px-4 py-2.5 text-sm">
      {refused}
      <span className="text-text-2">
        {fence.lookedAt ? (
          <>
            Last look <RoomAgo value={fence.lookedAt} />
          </>
        ) : (
          'Not looked at yet'
        )}
      </span>
      {fence.lookError ? (
        <span role="alert" className="basis-full text-danger-text wrap-anywhere">
          The last look failed: {fence.lookError}
        </span>
      ) : null}
    </p>
  );
}

function Head(props: {
  icon: IconName;
  title: string;
  tone: 'info' | 'neutral';
  children: ReactNode;
}) {
  const { icon, title, tone, children } = props;
  return (
    <div
      className={`flex gap-3 border-b px-4 py-3 ${tone === 'info' ? 'border-info-line bg-info-soft' : 'border-line'}`}
    >
      <Icon
        name={icon}
        size={18}
        className={`mt-0.5 ${tone === 'info' ? 'text-info-text' : 'text-text-3'}`}
      />
      <div className="min-w-0">
        <h2 id="fence">{title}</h2>
        <p className="mt-0.5 text-sm text-text-2">{children}</p>
      </div>
    </div>
  );
}

function ReleaseStep({ room }: { room: RollbackRoom }) {
  const { fence } = room;
  if (!fence) return null;
  const watch = fence.kind === 'watch';
  if (fence.releasedAt) {
    return (
      <AfterRunStep
        icon={<Icon name="okSolid" className="text-ok-text" />}
        title={watch ? 'Watch ended' : 'Fence released'}
      >
        <p className="text-sm text-text-2">
          {fence.removedByHandAt ? 'By hand' : (fence.releasedBy ?? 'Backstep')},{' '}
          <Time value={fence.releasedAt} format="dayMinute" dot />
        </p>
      </AfterRunStep>
    );
  }
  const asked = fence.releaseRequestedAt !== null && fence.releaseError === null;
  return (
    <AfterRunStep
      icon={
        asked ? <Spinner className="text-info" /> : <Icon name="pending" className="text-text-3" />
      }
      title={
        asked
          ? `The ${watch ? 'watch is being ended' : 'fence is being released'}`
          : watch
            ? 'End the watch'
            : 'Release the fence'
      }
    >
      {fence.releaseError ? (
        <p role="alert" className="flex gap-2 text-sm text-danger-text">
          <Icon name="danger" className="mt-0.5" />
          {fence.releaseError}
        </p>
      ) : null}
      <p className="text-sm text-text-2">
        {asked && fence.releaseRequestedAt ? (
          <>
            Asked <RoomAgo value={fence.releaseRequestedAt} />; the executor takes it down.
          </>
        ) : watch ? (
          'Only after every instance runs the older image: afterwards nobody is told when a newer instance applies the undone migrations again.'
        ) : (
          'Only after every instance runs the older image: without the fence, one newer instance that restarts applies the undone migrations again.'
        )}
      </p>
    </AfterRunStep>
  );
}
