'use client';

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { readJson } from '@/components/live/room-query';
import type { RestoreRoom, RestoreSurroundings } from '@/lib/core/restore-views';

/** Sessions come and go; each look is a connection to the target. */
const LOOK_EVERY_MS = 5_000;

/** Statuses in which the next act, or the one under way, puts sessions out. */
const BEFORE_A_SWAP: ReadonlySet<RestoreRoom['status']> = new Set([
  'restored',
  'awaiting_approval',
  'approved',
]);

/** Whether who is connected is shown in the room itself. */
export const showsSessions = (status: RestoreRoom['status']): boolean => BEFORE_A_SWAP.has(status);

/** Who is on the target now, and what holds on to it; only asked for while somebody wants to know. */
export function useSurroundings(
  label: string,
  wanted: boolean,
): UseQueryResult<RestoreSurroundings> {
  return useQuery({
    queryKey: ['restore', label, 'sessions'],
    queryFn: ({ signal }) =>
      readJson<RestoreSurroundings>(`/api/restores/${encodeURIComponent(label)}/sessions`, signal),
    enabled: wanted,
    refetchInterval: LOOK_EVERY_MS,
    retry: false,
  });
}
