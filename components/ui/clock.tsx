'use client';

import { formatLocal, formatUtc } from '@/components/ui/time-format';
import { useNow } from '@/components/ui/use-now';
import { useTimeZone } from '@/components/ui/use-time-zone';

/** The present in UTC and here, to the second. It moves on silently: nothing announces it. */
export function Clock() {
  const now = useNow(1_000);
  const timeZone = useTimeZone();
  const date = now === null ? null : new Date(now);
  const here = date && timeZone ? formatLocal(date, timeZone, { day: 'never' }) : null;
  return (
    <span className="text-xs whitespace-nowrap text-text-3 tabular-nums">
      <span className="font-medium text-text-2">
        {date ? formatUtc(date, 'time') : '––:––:––'} UTC
      </span>
      {here ? (
        <span className="max-[359px]:hidden">
          <span aria-hidden className="mx-1.5 text-line-2 max-md:mx-1">
            ·
          </span>
          {here.clock}
          {/* A long name of a zone has no room on a phone. */}
          <span className={here.zone.length > 4 ? 'max-md:hidden' : undefined}> {here.zone}</span>
        </span>
      ) : null}
    </span>
  );
}
