const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `412 MB`: decimal units, as disks are sold and as df -H prints them. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
