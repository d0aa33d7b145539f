const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * A duration for people: 41 ms, 1.38 s, 17.0 s, 3 min 52 s, 3 h 32 min, 2 d 4 h. Never more than
 * two units. A negative one counts as none.
 */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / second).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / second).toFixed(1)} s`;
  return twoUnits(ms);
}

/** The same without fractions, for what is counted while one looks at it: 8 s, 3 min 52 s. */
export function formatCoarseDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  return ms < minute ? `${Math.floor(ms / second)} s` : twoUnits(Math.floor(ms / second) * second);
}

function twoUnits(ms: number): string {
  const seconds = Math.round(ms / second) * second;
  if (seconds < hour) return pair(seconds, minute, 'min', second, 's');
  const minutes = Math.round(ms / minute) * minute;
  if (minutes < day) return pair(minutes, hour, 'h', minute, 'min');
  return pair(Math.round(ms / hour) * hour, day, 'd', hour, 'h');
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string) {
  const rest = Math.floor((ms % large) / small);
  const whole = `${Math.floor(ms / large)} ${largeName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}
