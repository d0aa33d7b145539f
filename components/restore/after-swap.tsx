'use client';

import { DeployStep } from '@/components/room/deploy-step';
import { formatCount } from '@/components/room/format-count';
import { RoomAgo } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Command } from '@/components/ui/command';
import { Disclosure } from '@/components/ui/disclosure';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { RestoreRoom } from '@/lib/core/restore-views';
import { isOver } from './restore-look';

/** What keeps newer images off the restored database, which release fits it, and what is left to do by hand. */
export function AfterSwap({ room }: { room: RestoreRoom }) {
  const head = room.evidence?.headTag;
  const { fence } = room;
  return (
    <>
      <Fence room={room} />
      <NotCarried room={room} />
      {head && !isOver(room.status) ? (
        <Panel aria-labelledby="after-swap">
          <PanelHeader
            title="After the swap"
            titleId="after-swap"
            detail="Only an image whose migrations end where the backup’s do fits it"
          />
          <ol>
            <DeployStep
              releases={room.releases}
              head={head}
              released={fence === null || fence.releasedAt !== null}
            />
          </ol>
        </Panel>
      ) : null}
    </>
  );
}

function Fence({ room: { fence, backup } }: { room: RestoreRoom }) {
  if (!fence || fence.releasedAt !== null) return null;
  const trigger = fence.kind === 'trigger';
  return (
    <Banner
      tone="warn"
      icon={trigger ? 'fenceUp' : 'eye'}
      title={trigger ? 'The fence is up' : 'No fence: the tracking table is watched'}
    >
      <p>
        {fence.why ?? null} Images with migrations newer than{' '}
        <code className="mono">{backup.headTag ?? 'the restored head'}</code>{' '}
        {trigger ? 'are refused until the fence is released.' : 'would apply them when they start.'}
        {fence.refusals > 0 ? (
          <>
            {' '}
            Refused newer images {formatCount(fence.refusals, 'time')}
            {fence.lastRefusedAt ? (
              <>
                , last <RoomAgo value={fence.lastRefusedAt} />
              </>
            ) : null}
            .
          </>
        ) : null}
      </p>
      {fence.releaseError ? (
        <p className="wrap-anywhere text-danger-text">
          It could not be released: {fence.releaseError}
        </p>
      ) : null}
      {trigger ? (
        <Disclosure summary="Release it by hand, with psql">
          <Command text={fence.removalSql} prompt="=#" what="SQL that removes the fence" />
        </Disclosure>
      ) : null}
    </Banner>
  );
}

/** What the role could not carry over to the new database, for somebody who may. */
function NotCarried({ room }: { room: RestoreRoom }) {
  const left = room.evidence?.notCarried ?? [];
  if (left.length === 0) return null;
  return (
    <Panel aria-labelledby="not-carried" tone="warn">
      <PanelHeader
        title="To be done by a role with more rights"
        titleId="not-carried"
        detail="The present database has this, and the role of the target may not set it"
      />
      <PanelBody className="flex flex-col gap-2 text-sm">
        {left.map(({ sql, why }) => (
          <div key={sql}>
            <code className="mono wrap-anywhere">{sql}</code>
            <p className="text-text-2">{why}</p>
          </div>
        ))}
      </PanelBody>
    </Panel>
  );
}
