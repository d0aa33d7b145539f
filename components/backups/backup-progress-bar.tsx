import { ProgressBar } from '@/components/ui/progress-bar';
import type { BackupProgress } from '@/lib/core/evidence';
import { progressShare, progressWords } from './backup-words';

/** How far a backup is: tables of all, bytes, rate, time left, each where it is known. */
export function BackupProgressBar({
  label,
  progress,
}: {
  label: string;
  progress: BackupProgress | null;
}) {
  const words = progress ? progressWords(progress) : null;
  return (
    <ProgressBar
      label={`Backup ${label}`}
      share={progressShare(progress)}
      aside={words ? [words.tables, words.pace].filter(Boolean).join(' · ') : undefined}
    >
      {words ? words.done : 'Not started'}
    </ProgressBar>
  );
}
