'use client';

import { classNames } from '@/components/ui/class-names';
import { formatLocal, formatUtc, isDateOnly, type TimeFormat } from '@/components/ui/time-format';
import { useTimeZone } from '@/components/ui/use-time-zone';

export interface TimeProps {
  /** An ISO string, or milliseconds since 1970. */
  value: string | number;
  format?: TimeFormat;
  /** Shows the local time beside it. Default true. */
  local?: boolean;
  /** Prints 'UTC'. Default true; false under a heading that says it. */
  zone?: boolean;
  /** A dot between both, as in a sentence. Default: a space. */
  dot?: boolean;
  className?: string;
}

/** A moment in UTC, with the reader's own clock beside it as soon as the browser has told it. */
export function Time({
  value,
  format = 'time',
  local = true,
  zone = true,
  dot = false,
  className,
}: TimeProps) {
  const timeZone = useTimeZone();
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return <span className={className}>unknown time</span>;
  const dateOnly = isDateOnly(format);
  const here = local && timeZone && !dateOnly ? formatLocal(date, timeZone) : null;
  return (
    <time
      dateTime={date.toISOString()}
      title={`${formatUtc(date, 'dateTime')} UTC`}
      className={classNames('whitespace-nowrap tabular-nums', className)}
    >
      {formatUtc(date, format)}
      {zone && !dateOnly ? ' UTC' : null}
      {here ? (
        <span className="text-text-3">
          {dot ? ' · ' : ' '}
          {here.clock}
          {zone ? ` ${here.zone}` : null}
        </span>
      ) : null}
    </time>
  );
}
