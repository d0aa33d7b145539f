'use client';

import { useState } from 'react';
import { toast } from 'sonner';
import { ActionError, postAction } from '@/components/api/post-action';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { CopyButton } from '@/components/ui/copy-button';
import { Time } from '@/components/ui/time';
import type { ChainVerdict } from '@/lib/core/views';
import { eventNumber, shortHash } from './event-look';

export interface ChainPanelProps {
  /** Why this person may not verify. */
  disabledReason: string | null;
}

/** Whether the history is still as it was written: computed anew on request, never assumed. */
export function ChainPanel({ disabledReason }: ChainPanelProps) {
  const [verified, setVerified] = useState<{ verdict: ChainVerdict; at: number }>();
  const [pending, setPending] = useState(false);

  async function verify() {
    setPending(true);
    try {
      const verdict = await postAction<ChainVerdict>('verify_chain', {});
      setVerified({ verdict, at: Date.now() });
    } catch (cause) {
      toast.error(
        cause instanceof ActionError
          ? cause.message
          : 'The chain could not be verified. Try again in a moment.',
      );
    } finally {
      setPending(false);
    }
  }

  const button = (
    <Button
      icon={verified ? 'refresh' : 'shield'}
      pending={pending}
      pendingLabel="Verifying"
      disabledReason={disabledReason}
      onClick={() => void verify()}
    >
      {verified ? 'Verify again' : 'Verify chain'}
    </Button>
  );
  return (
    <section aria-label="Integrity of the history">
      {verified ? (
        <Verdict verdict={verified.verdict} at={verified.at} action={button} />
      ) : (
        <Banner tone="neutral" icon="shield" title="Not verified yet" action={button}>
          Each row holds the hash of the row before. Verifying computes all of them again and finds
          a row that was changed, removed or added from outside.
        </Banner>
      )}
    </section>
  );
}

function Verdict(props: { verdict: ChainVerdict; at: number; action: React.ReactNode }) {
  const { verdict, at, action } = props;
  if (verdict.brokenAt) {
    return (
      <Banner
        role="alert"
        tone="danger"
        title={`Chain broken at ${eventNumber(verdict.brokenAt.seq)}`}
        action={action}
      >
        <p>
          {verdict.brokenAt.why} {soundRows(verdict.count)} Compare with the last export you keep
          elsewhere before you rely on what comes after.
        </p>
        <Facts verdict={verdict} at={at} word="Last sound hash" />
      </Banner>
    );
  }
  return (
    <Banner
      role="status"
      tone="ok"
      icon="shield"
      title={
        verdict.count === 0
          ? 'Nothing to verify: the history has no row yet'
          : `Chain verified to ${eventNumber(verdict.lastSeq)}`
      }
      action={action}
    >
      <Facts verdict={verdict} at={at} word="Anchor" />
    </Banner>
  );
}

function soundRows(count: number): string {
  if (count === 0) return 'No row before it is as it was written.';
  return `${count === 1 ? 'One row' : `${count.toLocaleString('en-US')} rows`} from the first on ${
    count === 1 ? 'is' : 'are'
  } as written.`;
}

function Facts({ verdict, at, word }: { verdict: ChainVerdict; at: number; word: string }) {
  if (verdict.count === 0) return null;
  return (
    <p className="flex flex-wrap items-center gap-x-3">
      <span className="inline-flex items-center gap-1">
        {word} <code className="mono text-text">{shortHash(verdict.lastHash)}</code>
        <CopyButton text={verdict.lastHash} what="anchor hash" />
      </span>
      <Time value={at} />
    </p>
  );
}
