import { useEffect } from 'react';

/** Far below the half hour after which a session falls asleep. */
const TELL_EVERY_MS = 2 * 60_000;

const SIGNS = ['pointerdown', 'keydown', 'wheel'] as const;

/**
 * Tells the server that somebody is here. Reading a preview for half an hour asks the server nothing,
 * and what a page asks by itself does not count.
 */
export function useKeepAwake(): void {
  useEffect(() => {
    // Opening the page has just told.
    let toldAt = Date.now();
    const tell = () => {
      if (Date.now() - toldAt < TELL_EVERY_MS) return;
      toldAt = Date.now();
      // Without an answer the next sign tells again.
      fetch('/api/session', { method: 'POST' }).catch(() => undefined);
    };
    for (const sign of SIGNS) window.addEventListener(sign, tell, { passive: true });
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, tell);
    };
  }, []);
}
