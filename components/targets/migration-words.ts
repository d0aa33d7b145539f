import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import type { MigrationState } from '@/lib/core/migration';
import type { MigrationLine } from '@/lib/core/views';

export const STATE_LOOK: Record<MigrationState, { tone: ChipTone; icon: IconName }> = {
  applied: { tone: 'neutral', icon: 'check' },
  pending: { tone: 'dashed', icon: 'pending' },
  changed: { tone: 'warn', icon: 'fileChanged' },
  unknown: { tone: 'unknown', icon: 'unknown' },
  skipped: { tone: 'warn', icon: 'warn' },
  foundational: { tone: 'neutral', icon: 'lock' },
};

/** What a state means, for somebody who meets the word for the first time at night. */
export const STATE_MEANING: Record<MigrationState, string> = {
  applied: 'The tracking table has its row, and the file is the one that was applied.',
  pending:
    'The file is in the folder and the tracking table has no row: the next migrate() of an image that has it applies it, unless the fence is up.',
  changed: 'It was applied, but the file in the folder is no longer the one that was applied.',
  unknown: 'The tracking table has this row, and no file in the folder belongs to it.',
  skipped:
    'It was never applied, and it is older than the newest row, so drizzle will not apply it any more.',
  foundational:
    'It is at or below the floor of this target: it is never undone. A state before it is reached by restoring from a backup.',
};

/** The hindrance in a few words; the sentence is in `whyNot`, or beside the barrier. */
export function whyNotInShort(line: MigrationLine, barrierNumber: string | null): string | null {
  if (line.destination) return null;
  if (line.head) return 'Head already';
  switch (line.state) {
    case 'pending':
      return 'Not applied';
    case 'skipped':
      return 'Never applied';
    case 'foundational':
      return 'Restore only';
    default:
      if (line.whyNot === null) {
        return barrierNumber ? `Chain stops at ${barrierNumber}` : 'Out of reach';
      }
      return line.state === 'unknown' ? 'No file to go back to' : 'Same journal time';
  }
}

/** Still shorter, for the narrow column of a phone: beside the rail, below the row of the barrier. */
export function whyNotInBrief(line: MigrationLine, barrierNumber: string | null): string | null {
  const short = whyNotInShort(line, barrierNumber);
  const beyond = !line.destination && !line.head && line.whyNot === null;
  return beyond && barrierNumber && short?.endsWith(barrierNumber)
    ? `Below ${barrierNumber}`
    : short;
}

/** Whether the few words leave something open that only the sentence tells. */
export function needsSentence(line: MigrationLine): boolean {
  if (line.destination || line.head || line.whyNot === null) return false;
  return line.state !== 'pending' && line.state !== 'foundational';
}
