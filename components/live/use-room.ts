'use client';

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { RollbackRoom } from '@/lib/core/views';
import { fetchRoom, ReadFailed, roomKey } from './room-query';

/** With a live stream the room is read only for what time alone changes: ages, expiries. */
const READ_WHILE_LIVE_MS = 15_000;
/** Without one, reading is the only news there is. */
const READ_WITHOUT_STREAM_MS = 5_000;

/**
 * The room of a rollback, kept fresh.
 * @param live whether the event stream is up
 */
export function useRoom(label: string, live: boolean): UseQueryResult<RollbackRoom> {
  return useQuery({
    queryKey: roomKey(label),
    queryFn: ({ signal }) => fetchRoom(label, signal),
    refetchInterval: live ? READ_WHILE_LIVE_MS : READ_WITHOUT_STREAM_MS,
    // What the server has just rendered is not read again at once; events say when it is old.
    staleTime: 10_000,
    // Who is signed out or looks for what is not there gets no other answer by asking again.
    retry: (count, error) => count < 1 && !(error instanceof ReadFailed && error.status < 500),
    retryDelay: 500,
  });
}
