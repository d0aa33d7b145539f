'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useTransition } from 'react';
import { useChanges } from './use-changes';

/** While something is under way, and nobody tells. */
const OFTEN_MS = 2_000;
/** A dump tells of itself several times a second; the page is made on the server. */
const AT_MOST_MS = 700;
/** Else: for ages. */
const SELDOM_MS = 20_000;

export interface RefreshOnChangeProps {
  /** Where changes of what the page shows are told. */
  address: string;
  /** Something that is shown goes on. */
  busy: boolean;
}

/** Has the server make the page anew when what it shows has changed. Shows nothing. */
export function RefreshOnChange({ address, busy }: RefreshOnChangeProps) {
  const router = useRouter();
  const [refreshing, start] = useTransition();
  /** A change that came while the page was being read, or was not looked at. */
  const missed = useRef(false);
  function refresh() {
    // A reading that takes long is not overtaken by the next; what it lacks is read after it.
    missed.current = refreshing || document.visibilityState !== 'visible';
    if (!missed.current) start(() => router.refresh());
  }
  const { state } = useChanges(address, refresh, AT_MOST_MS);
  useEffect(() => {
    const again = () => {
      if (missed.current && !refreshing && document.visibilityState === 'visible') {
        missed.current = false;
        start(() => router.refresh());
      }
    };
    again();
    document.addEventListener('visibilitychange', again);
    return () => document.removeEventListener('visibilitychange', again);
  }, [refreshing, router]);
  useEffect(() => {
    const timer = setInterval(
      () => {
        if (!refreshing && document.visibilityState === 'visible') start(() => router.refresh());
      },
      busy && state !== 'live' ? OFTEN_MS : SELDOM_MS,
    );
    return () => clearInterval(timer);
  }, [busy, refreshing, router, state]);
  return null;
}
