import { backupHref, isBackupLabel } from '@/components/backups/backup-links';
import { parseRestoreLabel } from '@/lib/core/restore';
import { parseRollbackLabel } from '@/lib/core/rollback';

/** The page of what an event is about; undefined where there is none. */
export function subjectHref(subject: string): string | undefined {
  if (parseRollbackLabel(subject) !== undefined) return `/rollbacks/${subject}`;
  if (parseRestoreLabel(subject) !== undefined) return `/restore/${subject}`;
  return isBackupLabel(subject) ? backupHref(subject) : undefined;
}
