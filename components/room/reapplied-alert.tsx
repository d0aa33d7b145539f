import { reappliedName } from '@/components/targets/fence-look';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button-link';
import type { FenceEvidence } from '@/lib/core/evidence';

export interface ReappliedAlertProps {
  fence: Pick<FenceEvidence, 'reapplied'> | null;
  target: string;
}

/**
 * What was undone is there again: the one thing that a rollback is for has not held. Above every step
 * of the room, as no step of it can be trusted any more.
 */
export function ReappliedAlert({ fence, target }: ReappliedAlertProps) {
  if (!fence || fence.reapplied.length === 0) return null;
  const { reapplied } = fence;
  return (
    <Banner
      tone="danger"
      role="alert"
      className="mb-3"
      title={`${reapplied.length === 1 ? 'A migration was' : `${reapplied.length} migrations were`} applied again after this rollback`}
      action={
        <ButtonLink href={`/targets/${encodeURIComponent(target)}`}>Open {target}</ButtonLink>
      }
    >
      <p className="wrap-anywhere">
        {reapplied.map(reappliedName).join(', ')} {reapplied.length === 1 ? 'is' : 'are'} in the
        tracking table again: a newer release has booted and migrated.
      </p>
      <p>
        Stop what boots it and deploy the older release. Then create a new rollback from the target,
        or go on with the newer release and release what stands guard here.
      </p>
    </Banner>
  );
}
