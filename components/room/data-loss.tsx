'use client';

import { EmptyState } from '@/components/ui/empty-state';
import type { LiveImpact } from '@/lib/core/evidence';
import type { PlanStep } from '@/lib/core/plan';
import type { RollbackRoom } from '@/lib/core/views';
import { formatSum } from './amount';
import { lossesOf, totalLoss } from './loss-ledger';
import { LossTable } from './loss-table';

export interface DataLossProps {
  room: Pick<RollbackRoom, 'backup' | 'plan'>;
  step: PlanStep;
  /** null: the live target has not been looked at for this plan. */
  impact: LiveImpact | null;
  rehearsing: boolean;
}

/** What one step takes away on the live target. */
export function DataLoss({ room, step, impact, rehearsing }: DataLossProps) {
  if (!impact) {
    return (
      <EmptyState title="Not looked at yet" icon="database">
        {rehearsing
          ? 'The rehearsal is under way. With it Backstep reads on the live target what the dropped objects hold.'
          : 'What the dropped objects hold is read on the live target, together with a rehearsal.'}
      </EmptyState>
    );
  }
  const losses = lossesOf(impact, step.position);
  if (losses.length === 0) {
    return (
      <EmptyState title="No data is lost" icon="ok">
        This script drops and narrows nothing that holds data on the live target.
      </EmptyState>
    );
  }
  return <LossTable label={`Data lost by ${step.tag}`} losses={losses} room={room} />;
}

/** `Data loss 8,911`: the name of the tab. */
export function DataLossLabel({ impact, step }: { impact: LiveImpact | null; step: PlanStep }) {
  if (!impact) return 'Data loss';
  const { all } = totalLoss(lossesOf(impact, step.position));
  const some = all.value > 0 || all.partial;
  return (
    <>
      Data loss{' '}
      <span className={some ? 'font-semibold text-warn-text tabular-nums' : 'text-text-3'}>
        {all.partial && all.value === 0 ? '?' : formatSum({ ...all, partial: false })}
        {all.partial && all.value > 0 ? '+' : ''}
      </span>
    </>
  );
}
