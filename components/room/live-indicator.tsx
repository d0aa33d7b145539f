'use client';

import { type Contact, type ContactWords, describeContact } from '@/components/live/contact';
import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { useNow } from '@/components/ui/use-now';
import { formatRunning, useRoomNow } from './room-clock';

export interface LiveIndicatorProps {
  contact: Contact;
  lastEventAt: string | null;
  className?: string;
}

const dot: Record<ContactWords['state'], string> = {
  live: 'bg-ok shadow-[0_0_0_3px_color-mix(in_srgb,var(--ok)_20%,transparent)]',
  connecting: 'border-2 border-line-2',
  reconnecting: 'border-2 border-warn',
  no_contact: 'border-2 border-unknown',
};

/** Whether this page still hears of what happens, and how old the last word is. */
export function LiveIndicator({ contact, lastEventAt, className }: LiveIndicatorProps) {
  const browserNow = useNow(100);
  const roomNow = useRoomNow(100);
  const eventAge = lastEventAt === null ? null : Math.max(0, roomNow - Date.parse(lastEventAt));
  // Before the page has come alive there is no clock to count by.
  const alive = browserNow !== null && contact.since > 0;
  const { state, word, ageMs } = alive
    ? describeContact(contact, browserNow, eventAge)
    : describeContact({ state: 'connecting', since: 0 }, 0, null);
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1.5 text-xs whitespace-nowrap text-text-2',
        className,
      )}
    >
      <span aria-hidden className={classNames('size-[7px] shrink-0 rounded-full', dot[state])} />
      <span className="tabular-nums">
        {word} · {ageWords(state, ageMs)}
      </span>
    </span>
  );
}

/** The age of the last event while live: fresh ones as a number, old ones with what they are. */
function ageWords(state: ContactWords['state'], ageMs: number): string {
  if (state !== 'live') return formatCoarseDuration(ageMs);
  return ageMs < 60_000 ? formatRunning(ageMs) : `last event ${formatCoarseDuration(ageMs)} ago`;
}
