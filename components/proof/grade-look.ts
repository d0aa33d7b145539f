import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import {
  type DataLoss,
  GRADE_LABELS,
  GRADE_WORDS,
  type Grade,
  type GradeVerdict,
} from '@/lib/core/proof';

export interface GradeLook {
  tone: ChipTone;
  icon: IconName;
  word: string;
  /** The whole of it in sentences, for a title and for screen readers. */
  sentence: string;
}

const PLAIN: Record<Grade, { tone: ChipTone; icon: IconName }> = {
  exact: { tone: 'ok', icon: 'ok' },
  column_order_only: { tone: 'ok', icon: 'ok' },
  leaves_residue: { tone: 'warn', icon: 'residue' },
  removes_too_much: { tone: 'danger', icon: 'danger' },
  residue_and_missing: { tone: 'danger', icon: 'danger' },
  no_effect: { tone: 'danger', icon: 'minusCircle' },
  no_schema_change: { tone: 'neutral', icon: 'table' },
  fails: { tone: 'danger', icon: 'danger' },
  refused: { tone: 'danger', icon: 'shieldAlert' },
  unproven: { tone: 'unknown', icon: 'unknown' },
  missing: { tone: 'danger', icon: 'missing' },
};

export const DATA_LOSS_WORDS: Record<DataLoss, string> = {
  none: 'Rows that were there before came through unchanged.',
  own: 'Only what the migration itself brought can lose content.',
  older: 'Rows or values from before the migration are lost or changed.',
};

const VERDICT_WORDS: Record<GradeVerdict, string | null> = {
  run: null,
  acknowledge: 'Somebody has to acknowledge it before it runs.',
  block: 'The policy of this target does not let it run.',
};

/**
 * How a grade is shown: what the round trip said about the schema, then about the rows, then what the
 * policy makes of both.
 * @param grade null: the round trip has not been made yet
 */
export function gradeLook(
  grade: Grade | null,
  losesData: DataLoss | null,
  verdict: GradeVerdict | null,
): GradeLook {
  if (grade === null) {
    return {
      tone: 'dashed',
      icon: 'pending',
      word: 'Not proven yet',
      sentence: 'The round trip of this script has not been made yet.',
    };
  }
  const plain = PLAIN[grade];
  const blocked = verdict === 'block' && plain.tone !== 'danger';
  const loses = losesRows(grade, losesData);
  const word = loses
    ? `${grade === 'exact' ? 'Proven' : GRADE_LABELS[grade]}, loses data`
    : GRADE_LABELS[grade];
  const sentence = [
    GRADE_WORDS[grade],
    losesData && DATA_LOSS_WORDS[losesData],
    verdict && grade !== 'missing' ? VERDICT_WORDS[verdict] : null,
  ]
    .filter(Boolean)
    .join(' ');
  return {
    tone: blocked && plain.tone !== 'unknown' ? 'danger' : loses ? 'warn' : plain.tone,
    icon: loses && grade !== 'leaves_residue' ? 'loss' : plain.icon,
    word: blocked ? `${word} · blocked` : word,
    sentence,
  };
}

/**
 * Whether the loss of rows is said with the grade. A script that is wrong already says enough; what
 * a data-only migration had brought itself is what everybody expects its undoing to take away.
 */
export function losesRows(grade: Grade, losesData: DataLoss | null): boolean {
  if (losesData === null || losesData === 'none') return false;
  if (grade === 'exact' || grade === 'column_order_only') return true;
  return losesData === 'older' && (grade === 'no_schema_change' || grade === 'leaves_residue');
}
