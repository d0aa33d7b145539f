import { formatBytes } from '@/lib/core/format-bytes';

/** 1 migration, 3 migrations, 8,911 rows. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** 412 MB. */
export const formatSize: (bytes: number) => string = formatBytes;

/** The two ends of a hash: enough to compare by eye. */
export function shortHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 8)}…${hash.slice(-8)}`;
}

/** Shorter, for the end of a line. */
export function tinyHash(hash: string): string {
  return hash.length <= 10 ? hash : `${hash.slice(0, 4)}…${hash.slice(-4)}`;
}
