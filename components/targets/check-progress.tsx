import { Ago } from '@/components/ui/ago';
import type { TargetCheck } from '@/lib/core/evidence';

export interface CheckProgressProps {
  /** The newest check, going on or over. */
  check: Pick<TargetCheck, 'state' | 'queuedAt' | 'startedAt' | 'progress'> | null;
  /** When what is on the page was read. */
  readAt: string;
}

/** What the executor's check of a target does and since when; once it is over, how old the page is. */
export function CheckProgress({ check, readAt }: CheckProgressProps) {
  const words = check ? checkWords(check) : null;
  return (
    <span className="text-xs text-text-2">
      {check && words ? (
        <>
          {words}, since <Ago value={check.startedAt ?? check.queuedAt} />
        </>
      ) : (
        <>
          Checked <Ago value={readAt} />
        </>
      )}
    </span>
  );
}

/** Null when it is over. */
export function checkWords({
  state,
  progress,
}: Pick<TargetCheck, 'state' | 'progress'>): string | null {
  if (state === 'queued') return 'Waiting for the executor';
  if (state !== 'running') return null;
  if (!progress) return 'Being checked';
  const { phase, done, total } = progress;
  return total > 0 ? `${phase}, ${done} of ${total}` : phase;
}
