'use client';

import { useQuery } from '@tanstack/react-query';
import { NoTargets } from '@/components/home/no-targets';
import { TargetCard } from '@/components/home/target-card';
import { Ago } from '@/components/ui/ago';
import type { TargetSummary } from '@/lib/core/views';

const REFRESH_MS = 30_000;

async function fetchTargets(): Promise<TargetSummary[]> {
  const response = await fetch('/api/targets');
  if (!response.ok) throw new Error(`the targets could not be read (${response.status})`);
  return response.json();
}

/** All targets, read again every half minute while somebody looks. */
export function TargetList({ initial }: { initial: TargetSummary[] }) {
  const { data, isError, refetch } = useQuery({
    queryKey: ['targets'],
    queryFn: fetchTargets,
    initialData: initial,
    refetchInterval: REFRESH_MS,
    staleTime: REFRESH_MS,
  });
  const checkedAt = data[0]?.checkedAt;
  if (data.length === 0) return <NoTargets />;
  const running = data.filter((target) => target.openRollback !== null).length;
  return (
    <>
      <p className="-mt-3 mb-4 text-sm text-text-2">
        {data.length} database{data.length === 1 ? '' : 's'},{' '}
        {running === 0 ? 'no rollback open' : `${running} rollback${running === 1 ? '' : 's'} open`}
        .{' '}
        {checkedAt ? (
          <>
            Checked <Ago value={checkedAt} />.
          </>
        ) : null}
        {isError ? ' Backstep does not answer; this is the last that is known.' : null}
      </p>
      <div className="flex flex-col gap-3">
        {data.map((target) => (
          <TargetCard key={target.name} target={target} onRetry={() => void refetch()} />
        ))}
      </div>
    </>
  );
}
