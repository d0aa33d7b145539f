import type { ReactNode } from 'react';
import { Ago } from '@/components/ui/ago';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import { Time } from '@/components/ui/time';
import type { TargetFence } from '@/lib/core/views';
import { reappliedName, refusedWords } from './fence-look';

/** What stands between newer images and this target: deploys of them fail, and somebody should know why. */
export function FenceNotice({ fence }: { fence: TargetFence }) {
  const watch = fence.kind === 'watch';
  const again = fence.reapplied.length > 0;
  const refused = refusedWords(fence);
  return (
    <Banner
      tone={again ? 'danger' : 'warn'}
      role={again ? 'alert' : undefined}
      icon={again ? 'danger' : watch ? 'eye' : 'fenceUp'}
      title={
        again ? (
          <>
            {fence.reapplied.length === 1 ? 'A migration was' : 'Migrations were'} applied again
            after <span className="whitespace-nowrap">{fence.rollback ?? 'a rollback'}</span>
          </>
        ) : watch ? (
          'No fence: the tracking table is watched'
        ) : (
          'The fence is up'
        )
      }
      action={
        fence.rollback ? (
          <ButtonLink href={`/rollbacks/${fence.rollback}?step=verify`}>
            {watch ? 'Watch' : 'Fence'} of {fence.rollback}
          </ButtonLink>
        ) : null
      }
    >
      {again ? <Reapplied fence={fence} /> : null}
      <p>
        {watch && again ? 'There is no fence. ' : null}
        {watch ? <Watching fence={fence} /> : <Refusing fence={fence} />}{' '}
        {refused ? (
          <>
            {refused}
            {fence.lastRefusedAt ? (
              <>
                , last <Ago value={fence.lastRefusedAt} />: something still boots them
              </>
            ) : null}
            .{' '}
          </>
        ) : null}
        {fence.lookedAt ? (
          <>
            Last look <Ago value={fence.lookedAt} />.
          </>
        ) : null}
      </p>
      {fence.lookError ? (
        <p className="wrap-anywhere text-danger-text">
          The last look failed, so what has happened since is not known: {fence.lookError}
        </p>
      ) : null}
    </Banner>
  );
}

function Reapplied({ fence }: { fence: TargetFence }) {
  return (
    <p className="wrap-anywhere">
      {fence.reapplied.map(reappliedName).join(', ')} {fence.reapplied.length === 1 ? 'is' : 'are'}{' '}
      in the tracking table again: a newer release has booted. Stop what boots it; then create a new
      rollback, or go on with the newer release.
    </p>
  );
}

function Watching({ fence }: { fence: TargetFence }): ReactNode {
  return (
    <>
      {fence.why} An image with migrations newer than <code className="mono">{fence.headTag}</code>{' '}
      applies them again, which is seen within seconds. Watched
      <Since fence={fence} />, until somebody ends it.
    </>
  );
}

function Refusing({ fence }: { fence: TargetFence }): ReactNode {
  return (
    <>
      Images with migrations newer than <code className="mono">{fence.headTag}</code> are refused
      <Since fence={fence} />, until the fence is released.
    </>
  );
}

function Since({ fence }: { fence: TargetFence }): ReactNode {
  return fence.raisedAt ? (
    <>
      {' '}
      since <Time value={fence.raisedAt} format="dayMinute" dot />
    </>
  ) : null;
}
