import { StatusChip } from '@/components/ui/status-chip';
import type { DataLoss, Grade, GradeVerdict } from '@/lib/core/proof';
import { gradeLook } from './grade-look';

export interface GradeChipProps {
  /** null: not proven yet. */
  grade: Grade | null;
  losesData: DataLoss | null;
  /** What the policy makes of it; null where there is no policy to ask. */
  verdict: GradeVerdict | null;
  /** Icon and word without the box, for tables. */
  bare?: boolean;
  className?: string;
}

/** What the round trip said about a script, in a few words; the sentences are in its title. */
export function GradeChip({ grade, losesData, verdict, bare, className }: GradeChipProps) {
  const look = gradeLook(grade, losesData, verdict);
  // A gap in the chain is an outline: nothing is there to be filled.
  const hollow = grade === 'missing' && !bare ? 'bg-transparent!' : '';
  return (
    <span title={look.sentence} className={className}>
      <StatusChip
        tone={look.tone}
        icon={look.icon}
        bare={bare}
        className={`${bare ? '' : 'whitespace-nowrap'} ${hollow}`}
      >
        {look.word}
      </StatusChip>
    </span>
  );
}
