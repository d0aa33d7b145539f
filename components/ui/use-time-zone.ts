'use client';

import { useSyncExternalStore } from 'react';

const never = () => () => {};

/** The browser's time zone; `null` on the server and until the page has come alive. */
export function useTimeZone(): string | null {
  return useSyncExternalStore(
    never,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => null,
  );
}
