'use client';

import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { RollbackEvent } from '@/lib/core/events';
import type { Contact } from './contact';
import { changesRoom, mergeEvents } from './event-log';
import { type EventStream, openEventStream } from './event-stream';
import { eventsKey, roomKey } from './room-query';

/** Several events of one transaction ask for one reading of the room. */
const READ_ROOM_AFTER_MS = 120;

const NONE: RollbackEvent[] = [];

export interface RoomEvents {
  /** All events of the rollback, ascending. */
  events: RollbackEvent[];
  contact: Contact;
  /** Tells the stream how far the room is, so that it notices when it has fallen asleep. */
  expect: (seq: number) => void;
}

/** Follows a rollback: keeps its events in the query cache and has the room read again when they matter. */
export function useRoomEvents(label: string): RoomEvents {
  const client = useQueryClient();
  const { data: events = NONE } = useQuery<RollbackEvent[]>({
    queryKey: eventsKey(label),
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const [contact, setContact] = useState<Contact>({ state: 'connecting', since: 0 });
  const stream = useRef<EventStream>(undefined);

  useEffect(() => {
    let readTimer: ReturnType<typeof setTimeout> | undefined;
    const known = client.getQueryData<RollbackEvent[]>(eventsKey(label)) ?? NONE;
    const opened = openEventStream({
      label,
      after: known.at(-1)?.seq ?? 0,
      onContact: setContact,
      onEvents(incoming) {
        client.setQueryData<RollbackEvent[]>(eventsKey(label), (old = NONE) =>
          mergeEvents(old, incoming),
        );
        if (!incoming.some((event) => changesRoom(event.kind))) return;
        readTimer ??= setTimeout(() => {
          readTimer = undefined;
          void client.invalidateQueries({ queryKey: roomKey(label), exact: true });
        }, READ_ROOM_AFTER_MS);
      },
    });
    stream.current = opened;
    return () => {
      clearTimeout(readTimer);
      opened.close();
    };
  }, [client, label]);

  const expect = useCallback((seq: number) => stream.current?.expect(seq), []);
  return { events, contact, expect };
}
