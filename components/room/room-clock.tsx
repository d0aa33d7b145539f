'use client';

import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { formatUtc } from '@/components/ui/time-format';
import { useNow } from '@/components/ui/use-now';

interface Reading {
  /** The database's clock when the room was read, epoch milliseconds. */
  rendered: number;
  /** What to add to the browser's clock to get the database's. */
  offset: number;
}

const ReadingContext = createContext<Reading | null>(null);

/**
 * Counts ages by the database's clock, which the gates use, and not by the browser's, which may be
 * off by an hour.
 * @param now the database's clock as the room says it
 */
export function RoomClock({ now, children }: { now: string; children: ReactNode }) {
  const rendered = Date.parse(now);
  const [offset, setOffset] = useState(() => rendered - Date.now());
  useEffect(() => {
    // A reading is older than its answer by the way it took: the largest difference is the truest.
    setOffset((known) => Math.max(known, rendered - Date.now()));
  }, [rendered]);
  return <ReadingContext value={{ rendered, offset }}>{children}</ReadingContext>;
}

/** The database's present, moved on every `intervalMs`. The same on the server and at first paint. */
export function useRoomNow(intervalMs: number): number {
  const reading = useContext(ReadingContext);
  if (!reading) throw new Error('useRoomNow is used outside of RoomClock');
  const browser = useNow(intervalMs);
  return browser === null ? reading.rendered : browser + reading.offset;
}

interface RoomTimeProps {
  value: string;
  className?: string;
}

/** How long ago it was: 8 s ago. */
export function RoomAgo({ value, className }: RoomTimeProps) {
  const now = useRoomNow(1_000);
  return (
    <Moment value={value} className={className}>
      {formatCoarseDuration(now - Date.parse(value))} ago
    </Moment>
  );
}

/** How long it is until then, or since: 49 min left, 2 min too old. */
export function RoomTimeLeft({ value, className, over }: RoomTimeProps & { over: string }) {
  const left = Date.parse(value) - useRoomNow(1_000);
  return (
    <Moment value={value} className={className}>
      {left >= 0 ? `${formatCoarseDuration(left)} left` : `${formatCoarseDuration(-left)} ${over}`}
    </Moment>
  );
}

/** How long it has been going on, to the tenth of a second. */
export function RoomElapsed({ since, className }: { since: string; className?: string }) {
  const now = useRoomNow(100);
  return (
    <span className={classNames('whitespace-nowrap tabular-nums', className)}>
      {formatRunning(now - Date.parse(since))}
    </span>
  );
}

/** A duration that is still growing: tenths below a minute, so that the digits stand still. */
export function formatRunning(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : formatCoarseDuration(ms);
}

function Moment({ value, className, children }: RoomTimeProps & { children: ReactNode }) {
  const date = new Date(value);
  return (
    <time
      dateTime={date.toISOString()}
      title={`${formatUtc(date, 'dateTime')} UTC`}
      className={classNames('whitespace-nowrap tabular-nums', className)}
    >
      {children}
    </time>
  );
}
