'use client';

import { useCallback, useSyncExternalStore } from 'react';

/**
 * The present, moved on every `intervalMs`; `null` while the server renders and until the page has
 * come alive, so that both agree on the first paint. Ticks fall on whole intervals of the clock.
 */
export function useNow(intervalMs: number): number | null {
  const subscribe = useCallback(
    (onChange: () => void) => {
      let timer: ReturnType<typeof setTimeout>;
      const arm = () => {
        timer = setTimeout(
          () => {
            onChange();
            arm();
          },
          intervalMs - (Date.now() % intervalMs),
        );
      };
      arm();
      return () => clearTimeout(timer);
    },
    [intervalMs],
  );
  return useSyncExternalStore(
    subscribe,
    () => Math.floor(Date.now() / intervalMs) * intervalMs,
    () => null,
  );
}
