'use client';

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { TouchedTable } from '@/lib/core/views';
import { fetchTables, tablesKey } from './room-query';

/** The touched tables as the target has them now; read when somebody looks, and on demand. */
export function useTables(label: string): UseQueryResult<TouchedTable[]> {
  return useQuery({
    queryKey: tablesKey(label),
    queryFn: ({ signal }) => fetchTables(label, signal),
    staleTime: 30_000,
    retry: 1,
  });
}
