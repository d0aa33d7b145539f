const months = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const;

/**
 * 'time' 02:06:04 · 'minute' 02:06 · 'millisecond' 02:06:04.208 · 'day' 21 Nov · 'date' 21 Nov 2026
 * · 'dayMinute' 21 Nov 22:41 · 'dateTime' 21 Nov 2026 22:41:09
 */
export type TimeFormat =
  | 'time'
  | 'minute'
  | 'millisecond'
  | 'day'
  | 'date'
  | 'dayMinute'
  | 'dateTime';

interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

/** The formats that show no time of day, and so neither zone nor local time. */
export function isDateOnly(format: TimeFormat): boolean {
  return format === 'day' || format === 'date';
}

/** The moment as a clock in UTC shows it, without the zone's name. */
export function formatUtc(date: Date, format: TimeFormat): string {
  return write(
    {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth(),
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      millisecond: date.getUTCMilliseconds(),
    },
    format,
  );
}

/**
 * The moment as a clock in this time zone shows it: hours and minutes, with the date only where it
 * is another day than in UTC. `null` where the clock there shows the same as in UTC.
 */
export function formatLocal(
  date: Date,
  timeZone: string,
  options: { day?: 'when-other' | 'never' } = {},
): { clock: string; zone: string } | null {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(date);
  const read = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value);
  const day = read('day');
  const clock = `${two(read('hour'))}:${two(read('minute'))}`;
  const zone = zoneName(date, timeZone);
  const sameDay = day === date.getUTCDate();
  if (sameDay && clock === formatUtc(date, 'minute')) return null;
  const bare = sameDay || options.day === 'never';
  return { clock: bare ? clock : `${day} ${months[read('month') - 1]} ${clock}`, zone };
}

/** CET, BST, EST where there is such a name, else GMT+5:30. */
function zoneName(date: Date, timeZone: string): string {
  for (const locale of ['en-GB', 'en-US', 'en-AU']) {
    const name = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' })
      .formatToParts(date)
      .find((part) => part.type === 'timeZoneName')?.value;
    if (name && !/^(GMT|UTC)[+-]/.test(name)) return name;
  }
  return (
    new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'short' })
      .formatToParts(date)
      .find((part) => part.type === 'timeZoneName')?.value ?? timeZone
  );
}

function write(wall: WallTime, format: TimeFormat): string {
  const day = `${wall.day} ${months[wall.month]}`;
  const minute = `${two(wall.hour)}:${two(wall.minute)}`;
  const time = `${minute}:${two(wall.second)}`;
  switch (format) {
    case 'time':
      return time;
    case 'minute':
      return minute;
    case 'millisecond':
      return `${time}.${String(wall.millisecond).padStart(3, '0')}`;
    case 'day':
      return day;
    case 'date':
      return `${day} ${wall.year}`;
    case 'dayMinute':
      return `${day} ${minute}`;
    case 'dateTime':
      return `${day} ${wall.year} ${time}`;
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
