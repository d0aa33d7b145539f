import {
  type BackupLevel,
  type BackupMethod,
  DEFAULT_BACKUP_POLICY,
  reachesLevel,
} from '@/lib/core/backup';
import type { Environment } from '@/lib/core/policy';
import type { ConfigFile } from './schema';

/** The most that can be known of a backup of each method: only what Backstep dumped can it read. */
const HIGHEST: Record<BackupMethod, BackupLevel> = {
  pg_dump: 'restored',
  command: 'vouched',
  attested: 'vouched',
};

/** What a target demands where nobody has written a level. */
export function defaultLevel(
  environment: Environment,
  methods: readonly BackupMethod[],
): BackupLevel {
  const dumped = methods.every((method) => method === 'pg_dump');
  return dumped && environment === 'production' ? 'restored' : DEFAULT_BACKUP_POLICY.level;
}

/** Where a rule about backups can't hold, and what to write instead. */
export interface BackupProblem {
  path: PropertyKey[];
  message: string;
}

/** Rules that are each right in themselves and can't be met together, target by target. */
export function backupProblems(file: ConfigFile): BackupProblem[] {
  return file.targets.flatMap((target, index) => {
    const ofFile = file.policy?.backup;
    const ofTarget = target.policy?.backup;
    const at = ofTarget ? ['targets', index, 'policy', 'backup'] : ['policy', 'backup'];
    const methods = ofTarget?.methods ?? ofFile?.methods ?? DEFAULT_BACKUP_POLICY.methods;
    const level = ofTarget?.level ?? ofFile?.level;
    const found: BackupProblem[] = [];
    const short = methods.filter(
      (method) => !reachesLevel(HIGHEST[method], level ?? DEFAULT_BACKUP_POLICY.level),
    );
    if (short.length > 0) {
      const asked = level ? `asks for the level ${level}` : 'says no level';
      found.push({
        path: at,
        message: `${asked}, and a backup by ${short.join(' or ')} is never more than vouched for, as Backstep can't read it. Write level: vouched, or take ${short.join(' and ')} out of methods.`,
      });
    }
    if (methods.includes('command') && !(ofTarget?.command ?? ofFile?.command)) {
      found.push({
        path: at,
        message:
          'lists the method command and names no command. Write command: with the program and its arguments as a list.',
      });
    }
    return found;
  });
}
