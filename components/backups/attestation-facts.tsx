import { CopyButton } from '@/components/ui/copy-button';
import { Icon } from '@/components/ui/icon';
import { MetaFact, MetaFacts } from '@/components/ui/meta-facts';
import { Time } from '@/components/ui/time';
import type { Attestation } from '@/lib/core/backup';
import { isWebAddress } from './backup-words';

export interface AttestationFactsProps {
  attestation: Attestation;
  /** Who vouches for it. */
  takenBy: string;
  toBeConfirmed: boolean;
}

/** What a person says of a backup that was made elsewhere, and who else says so. */
export function AttestationFacts({ attestation, takenBy, toBeConfirmed }: AttestationFactsProps) {
  const { provider, reference, takenAt, link, confirmedBy, confirmedAt } = attestation;
  return (
    <div className="flex flex-col gap-3 text-sm">
      <MetaFacts>
        <MetaFact label="Provider">{provider}</MetaFact>
        <MetaFact label="Id of the snapshot">
          <code className="wrap-anywhere">{reference}</code>
          <CopyButton text={reference} what="id of the snapshot" />
        </MetaFact>
        <MetaFact label="Taken at">
          <Time value={takenAt} format="dayMinute" dot />
        </MetaFact>
        <MetaFact label="Vouched for by">{takenBy}</MetaFact>
        <MetaFact label="Confirmed by">
          {confirmedBy ? (
            <>
              {confirmedBy.name}
              {confirmedAt ? (
                <>
                  {', '}
                  <Time value={confirmedAt} format="dayMinute" local={false} />
                </>
              ) : null}
            </>
          ) : toBeConfirmed ? (
            <span className="font-medium text-warn-text">Nobody yet</span>
          ) : (
            'Not asked for by policy'
          )}
        </MetaFact>
      </MetaFacts>
      {link ? <SnapshotLink href={link} /> : null}
    </div>
  );
}

/** An address only where it is one of the web: the words of a person are never made to run. */
function SnapshotLink({ href }: { href: string }) {
  if (!isWebAddress(href)) return <p className="wrap-anywhere">{href}</p>;
  return (
    <p>
      <a
        href={href}
        target="_blank"
        rel="noreferrer"
        className="link inline-flex items-center gap-1 wrap-anywhere"
      >
        {href}
        <Icon name="external" size={14} label="opens in a new tab" />
      </a>
    </p>
  );
}
