import { formatCount, formatSize } from '@/components/room/format-count';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import {
  BACKUP_LEVEL_LABELS,
  type BackupLevel,
  type BackupMethod,
  type BackupPolicy,
  reachesLevel,
  type TestRestore,
} from '@/lib/core/backup';
import type { BackupLine } from '@/lib/core/backup-views';
import type { BackupProgress } from '@/lib/core/evidence';

/** How a backup came about, in a table. */
export const METHOD_LABELS: Record<BackupMethod, string> = {
  pg_dump: 'pg_dump',
  command: 'Command',
  attested: 'Vouched for',
};

/** A state as a chip says it: never by colour alone. */
export interface ProofLook {
  tone: ChipTone;
  word: string;
  icon?: IconName;
  busy?: boolean;
}

/** What a look at a backup takes into account; lines and the evidence of a room both have it. */
export interface LookedAt {
  state: BackupLine['state'];
  level: BackupLevel | null;
  /** What the policy wants; null where nobody knows. */
  levelWanted: BackupLevel | null;
  toBeConfirmed: boolean;
  pruned: boolean;
  testRestore: TestRestore | null;
}

/** How far a backup is proven, or what keeps it from being one. */
export function proofLook(backup: LookedAt): ProofLook {
  switch (backup.state) {
    case 'queued':
      return { tone: 'accent', word: 'Waiting for the executor', busy: true };
    case 'running':
      return { tone: 'accent', word: 'Being taken', busy: true };
    case 'failed':
      return { tone: 'danger', word: 'Not confirmed' };
    case 'interrupted':
      return { tone: 'warn', word: 'Interrupted' };
    case 'passed':
      return backup.pruned
        ? { tone: 'neutral', word: 'Pruned', icon: 'minusCircle' }
        : (testLook(backup.testRestore) ?? levelLook(backup));
  }
}

/** The same of a line of the list. */
export const lineLook = (line: BackupLine): ProofLook =>
  proofLook({ ...line, pruned: line.pruned !== null });

/** What a test restore that is going on, or went wrong, makes of a backup; null when it says nothing. */
function testLook(test: TestRestore | null): ProofLook | null {
  if (!test) return null;
  if (test.state === 'queued') return { tone: 'accent', word: 'Waits for its test', busy: true };
  if (test.state === 'running') return { tone: 'accent', word: 'Being restored', busy: true };
  if (test.check && !test.check.ok) return { tone: 'danger', word: 'Not what its manifest says' };
  if (test.state === 'failed' && !test.check) return { tone: 'danger', word: 'Not restored' };
  return null;
}

const SHORT_LEVEL: Record<BackupLevel, string> = {
  vouched: 'Vouched for',
  read: 'Read in full',
  restored: 'Restored and verified',
};

function levelLook({ level, levelWanted, toBeConfirmed }: LookedAt): ProofLook {
  if (level === null) return { tone: 'unknown', word: 'Not known' };
  if (toBeConfirmed) return { tone: 'warn', word: 'To be confirmed', icon: 'user' };
  const enough = levelWanted === null || reachesLevel(level, levelWanted);
  if (level === 'vouched') {
    return { tone: enough ? 'info' : 'warn', word: SHORT_LEVEL.vouched, icon: 'sign' };
  }
  return { tone: enough ? 'ok' : 'warn', word: SHORT_LEVEL[level] };
}

/** The level as a sentence has it, or that there is none yet. */
export const levelWords = (level: BackupLevel | null): string =>
  level === null ? 'Nothing is known yet' : BACKUP_LEVEL_LABELS[level];

/** How much of a backup is there, how fast it goes, and for how long it will: each where it is known. */
export function progressWords(progress: BackupProgress): {
  done: string;
  tables: string | null;
  pace: string | null;
} {
  const { phase, bytes, tablesDone, tablesTotal, bytesPerSecond, secondsLeft } = progress;
  const pace = [
    bytesPerSecond ? `${formatSize(bytesPerSecond)}/s` : null,
    secondsLeft === undefined ? null : `≈ ${formatCoarseDuration(secondsLeft * 1_000)} left`,
  ].filter((word) => word !== null);
  return {
    done: bytes > 0 ? `${phase}, ${formatSize(bytes)} written` : phase,
    tables:
      tablesTotal > 0
        ? `${tablesDone.toLocaleString('en-US')} of ${formatCount(tablesTotal, 'table')}`
        : null,
    pace: pace.length > 0 ? pace.join(', ') : null,
  };
}

/** The share of the tables that are dumped; undefined while the bar can't say more than the words. */
export function progressShare(progress: BackupProgress | null): number | undefined {
  if (!progress || progress.tablesTotal === 0) return undefined;
  return progress.tablesDone < progress.tablesTotal
    ? progress.tablesDone / progress.tablesTotal
    : undefined;
}

/** What a target's policy takes for a backup, as one sentence. */
export function backupPolicyWords(policy: BackupPolicy, maxAgeMinutes: number): string {
  return `The policy accepts one confirmed backup ${WANTED[policy.level]}, and that is at most ${maxAgeMinutes} min old when the run starts.`;
}

const WANTED: Record<BackupLevel, string> = {
  vouched: 'that a person or a command vouches for',
  read: 'that has been read in full',
  restored: 'that has been restored, with this plan rehearsed on it',
};

export interface MethodWords {
  title: string;
  detail: string;
  /** What it can prove, or needs besides. */
  note: string;
  noteTone: 'ok' | 'neutral' | 'warn';
}

/** A way to take a backup, for somebody who has to choose one now. */
export function methodWords(
  method: BackupMethod,
  policy: Pick<BackupPolicy, 'second_person'>,
): MethodWords {
  switch (method) {
    case 'pg_dump':
      return {
        title: 'Take a pg_dump now',
        detail: 'Backstep dumps the database and reads all of it back.',
        note: 'Can be restored and rehearsed on',
        noteTone: 'ok',
      };
    case 'command':
      return {
        title: 'Run the backup command',
        detail: 'The command of the configuration takes it: a volume snapshot, pgBackRest.',
        note: 'Can’t be rehearsed on',
        noteTone: 'neutral',
      };
    case 'attested':
      return {
        title: 'Vouch for a snapshot',
        detail: 'You name one that was made elsewhere, and sign for it.',
        note: policy.second_person ? 'Needs a second person' : 'Rests on one’s word alone',
        noteTone: 'warn',
      };
  }
}

/** The verb on the button of a method. */
export function takeWords(method: BackupMethod): string {
  switch (method) {
    case 'pg_dump':
      return 'Take backup';
    case 'command':
      return 'Run backup command';
    case 'attested':
      return 'Vouch for a backup';
  }
}

/** What counts as a link: anything else stays text. */
export const isWebAddress = (value: string): boolean => /^https?:\/\//i.test(value);
