'use client';

import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Contact, contactOf } from '@/components/live/contact';
import { ReadFailed, readJson } from '@/components/live/room-query';
import { useChanges } from '@/components/live/use-changes';
import type { RestoreRoom } from '@/lib/core/restore-views';
import { isUnderWay } from './restore-look';

export const restoreKey = (label: string) => ['restore', label] as const;

/** With a live stream the room is read only for what time alone changes: ages, expiries. */
const READ_WHILE_LIVE_MS = 15_000;
/** Without one, reading is the only news there is. */
const READ_OFTEN_MS = 5_000;
/** It is also what tells a stream that is quiet from one whose server stands still. */
const READ_WHILE_WORKING_MS = 2_500;

export interface LiveRestore {
  query: UseQueryResult<RestoreRoom>;
  contact: Contact;
}

/** The room of an emergency restore, read again whenever something of it has changed. */
export function useRestore(label: string): LiveRestore {
  const client = useQueryClient();
  const address = `/api/restores/${encodeURIComponent(label)}`;
  const stream = useChanges(`${address}/events`, () => {
    // A reading that has begun before the change may lack it.
    void client.invalidateQueries({ queryKey: restoreKey(label), exact: true });
  });
  const query = useQuery({
    queryKey: restoreKey(label),
    queryFn: ({ signal }) => readJson<RestoreRoom>(address, signal),
    refetchInterval: ({ state }) => {
      if (state.error !== null) return READ_OFTEN_MS;
      const room = state.data;
      const waits = room?.gates.steps.some((gate) => gate.state === 'working');
      if (room && (isUnderWay(room.status) || waits)) return READ_WHILE_WORKING_MS;
      return stream.state === 'live' ? READ_WHILE_LIVE_MS : READ_OFTEN_MS;
    },
    staleTime: 10_000,
    retry: false,
  });
  const unanswered = query.error !== null && !(query.error instanceof ReadFailed);
  return { query, contact: contactOf(stream, unanswered, query.dataUpdatedAt) };
}
