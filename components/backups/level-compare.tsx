import { Icon } from '@/components/ui/icon';
import { type BackupLevel, reachesLevel } from '@/lib/core/backup';
import { levelWords } from './backup-words';

export interface LevelCompareProps {
  /** Null where the target has left the configuration. */
  wanted: BackupLevel | null;
  reached: BackupLevel | null;
  toBeConfirmed?: boolean;
}

/** What the policy wants to be known of a backup, beside what is. */
export function LevelCompare({ wanted, reached, toBeConfirmed = false }: LevelCompareProps) {
  const enough = !toBeConfirmed && (wanted === null || reachesLevel(reached, wanted));
  return (
    <dl className="grid gap-px overflow-clip rounded-md border border-line-soft bg-line-soft text-sm md:grid-cols-2">
      <div className="bg-raised px-3 py-2">
        <dt className="text-xs font-medium text-text-3">The policy wants</dt>
        <dd className="font-medium">{wanted === null ? 'Not known' : levelWords(wanted)}</dd>
      </div>
      <div className="bg-raised px-3 py-2">
        <dt className="text-xs font-medium text-text-3">Reached</dt>
        <dd className="flex items-start gap-1.5 font-medium">
          <Icon
            name={enough ? 'ok' : 'warn'}
            className={enough ? 'mt-0.5 text-ok-text' : 'mt-0.5 text-warn-text'}
            label={enough ? 'enough' : 'not enough'}
          />
          <span className="min-w-0">
            {levelWords(reached)}
            {toBeConfirmed ? ', by one person' : null}
          </span>
        </dd>
      </div>
    </dl>
  );
}
