'use client';

import { useEffect, useEffectEvent, useState } from 'react';
import { openChangeStream } from './change-stream';
import type { Contact } from './contact';

/**
 * Hears of changes at this address for as long as the page is there.
 * @param gatherMs changes within this time ask for one reading
 */
export function useChanges(address: string, onChange: () => void, gatherMs?: number): Contact {
  const [contact, setContact] = useState<Contact>({ state: 'connecting', since: 0 });
  const change = useEffectEvent(onChange);
  useEffect(() => {
    const stream = openChangeStream({
      address,
      gatherMs,
      onChange: () => change(),
      onContact: setContact,
    });
    return () => stream.close();
  }, [address, gatherMs]);
  return contact;
}
