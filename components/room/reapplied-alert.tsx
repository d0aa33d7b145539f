import { Banner } from '@/components/ui/banner';
import type { FenceEvidence } from '@/lib/core/evidence';

/** What was undone is there again: the one thing that a rollback is for has not held. */
export function ReappliedAlert({ fence }: { fence: Pick<FenceEvidence, 'reapplied'> | null }) {
  if (!fence || fence.reapplied.length === 0) return null;
  return (
    <Banner tone="danger" role="alert" title="Migrations were applied again after this rollback">
      <p>
        A newer release has booted and applied{' '}
        {fence.reapplied.map(({ tag, hash, createdAt }, index) => (
          <span key={`${hash} ${createdAt}`}>
            {index > 0 ? ', ' : null}
            <code className="mono wrap-anywhere">
              {tag ?? `a migration with the hash ${hash.slice(0, 12)}`}
            </code>
          </span>
        ))}
        . Stop what boots it. Then create a new rollback from here, or go on with the newer release.
      </p>
    </Banner>
  );
}
