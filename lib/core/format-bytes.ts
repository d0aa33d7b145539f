const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `412 MB`: in steps of 1,024, as PostgreSQL itself tells sizes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_023.5 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
