'use client';

import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { formatUtc } from '@/components/ui/time-format';
import { useNow } from '@/components/ui/use-now';

export interface RelativeTimeProps {
  /** An ISO string, or milliseconds since 1970. */
  value: string | number;
  /** The server's present, for the first paint. Without it that shows the time in UTC. */
  now?: number;
  className?: string;
}

/** How long ago it was: 8 s ago, 3 h 32 min ago. Goes on by itself and is not announced. */
export function Ago({ value, now, className }: RelativeTimeProps) {
  const present = useNow(1_000) ?? now;
  const date = new Date(value);
  return (
    <time
      dateTime={date.toISOString()}
      title={`${formatUtc(date, 'dateTime')} UTC`}
      className={classNames('whitespace-nowrap tabular-nums', className)}
    >
      {present === undefined
        ? `${formatUtc(date, 'time')} UTC`
        : `${formatCoarseDuration(present - date.getTime())} ago`}
    </time>
  );
}
