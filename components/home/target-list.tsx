'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { TargetCard } from '@/components/home/target-card';
import { Ago } from '@/components/ui/ago';
import type { TargetSummary } from '@/lib/core/views';

const REFRESH_MS = 30_000;

/** The session has ended, which no further try mends. */
class SignedOut extends Error {}

async function fetchTargets({ signal }: { signal: AbortSignal }): Promise<TargetSummary[]> {
  const response = await fetch('/api/targets', { signal, cache: 'no-store' });
  if (response.status === 401) throw new SignedOut('the session has ended');
  if (!response.ok) throw new Error(`the targets could not be read (${response.status})`);
  return response.json();
}

/** All targets, read again every half minute while somebody looks. */
export function TargetList({ initial }: { initial: TargetSummary[] }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['targets'],
    queryFn: fetchTargets,
    initialData: initial,
    refetchInterval: REFRESH_MS,
    staleTime: REFRESH_MS,
    retry: (count, cause) => count < 1 && !(cause instanceof SignedOut),
  });
  // Not isFetching: the half-minute check would make the button flicker.
  const [retrying, setRetrying] = useState(false);
  function retry() {
    setRetrying(true);
    void refetch().finally(() => setRetrying(false));
  }
  const checkedAt = data[0]?.checkedAt;
  const open = data.filter((target) => target.openRollback !== null).length;
  return (
    <>
      <p className="-mt-3 mb-4 text-sm text-text-2">
        {data.length} database{data.length === 1 ? '' : 's'},{' '}
        {open === 0 ? 'no rollback open' : `${open} rollback${open === 1 ? '' : 's'} open`}.{' '}
        {checkedAt ? (
          <>
            Checked <Ago value={checkedAt} />.
          </>
        ) : null}
        {error ? <StaleNote signedOut={error instanceof SignedOut} /> : null}
      </p>
      <div className="flex flex-col gap-3">
        {data.map((target) => (
          <TargetCard key={target.name} target={target} retrying={retrying} onRetry={retry} />
        ))}
      </div>
    </>
  );
}

/** What is below has not been read again, and why. */
function StaleNote({ signedOut }: { signedOut: boolean }) {
  if (!signedOut) return ' Backstep does not answer; this is the last that is known.';
  return (
    <>
      {' You are signed out; this is the last that is known. '}
      {/* The whole page: what it shows was read for somebody who is no longer signed in. */}
      <a href="/sign-in" className="link">
        Sign in
      </a>
    </>
  );
}
