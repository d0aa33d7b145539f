import type { BackupLine, BackupTarget } from '@/lib/core/backup-views';

export const BACKUP_SHOWS = ['kept', 'pruned', 'all'] as const;
export type BackupShow = (typeof BACKUP_SHOWS)[number];

/** The lines of a filter, in the order in which they came. */
export function selectBackups(
  lines: readonly BackupLine[],
  { target, show }: { target: string | null; show: BackupShow },
): BackupLine[] {
  return lines.filter(
    (line) =>
      (target === null || line.target === target) &&
      (show === 'all' || (line.pruned !== null) === (show === 'pruned')),
  );
}

/** A backup, or a test of it, is waiting or going on. */
export function isBusy({ state, testRestore }: Pick<BackupLine, 'state' | 'testRestore'>): boolean {
  const busy = (one: string | undefined) => one === 'queued' || one === 'running';
  return busy(state) || busy(testRestore?.state);
}

/** Backstep dumped it, its bytes are there, and its target is still configured. */
export const canBeRestored = (
  line: Pick<BackupLine, 'state' | 'method' | 'pruned' | 'environment'>,
): boolean =>
  line.state === 'passed' &&
  line.method === 'pg_dump' &&
  line.pruned === null &&
  line.environment !== null;

/**
 * The backup that a target would be brought back from: the newest confirmed one whose bytes are there.
 * @param lines newest first
 */
export function newestOf(lines: readonly BackupLine[], target: string): BackupLine | undefined {
  return lines
    .filter(
      (line) =>
        line.target === target &&
        line.state === 'passed' &&
        line.pruned === null &&
        !line.toBeConfirmed,
    )
    .toSorted((a, b) => Date.parse(b.snapshotAt ?? '') - Date.parse(a.snapshotAt ?? ''))
    .at(0);
}

/** Every target that can be chosen: the configured ones, then those that only their backups remember. */
export function targetsOf(
  lines: readonly BackupLine[],
  targets: readonly BackupTarget[],
): string[] {
  return [...new Set([...targets.map(({ name }) => name), ...lines.map(({ target }) => target)])];
}
