'use client';

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { RollbackRoom } from '@/lib/core/views';
import { fetchRoom, roomKey } from './room-query';

/** With a live stream the room is read only for what time alone changes: ages, expiries. */
const READ_WHILE_LIVE_MS = 15_000;
/** Without one, reading is the only news there is. */
const READ_OFTEN_MS = 5_000;
/**
 * During a run it is also what tells a stream that is quiet from one whose server stands still, and a
 * statement that takes long from an executor that is dead.
 */
const READ_WHILE_RUNNING_MS = 2_500;

/**
 * The room of a rollback, kept fresh.
 * @param live whether the event stream is up
 */
export function useRoom(label: string, live: boolean): UseQueryResult<RollbackRoom> {
  return useQuery({
    queryKey: roomKey(label),
    queryFn: ({ signal }) => fetchRoom(label, signal),
    refetchInterval: ({ state }) => {
      if (state.error !== null) return READ_OFTEN_MS;
      if (state.data?.status === 'running') return READ_WHILE_RUNNING_MS;
      return live ? READ_WHILE_LIVE_MS : READ_OFTEN_MS;
    },
    // What the server has just rendered is not read again at once; events say when it is old.
    staleTime: 10_000,
    // The next reading is a few seconds away; until then it is better to say that this one failed.
    retry: false,
  });
}
