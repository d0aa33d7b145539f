'use client';

import { useId } from 'react';
import { Checkbox } from '@/components/ui/checkbox';
import { SegmentedControl } from '@/components/ui/segmented-control';
import { allOrNothingOffer } from '@/lib/core/all-or-nothing';
import { rescueEstimate } from '@/lib/core/rescue-estimate';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount, formatSize } from './format-count';

/** What a person chooses beside Run. */
export interface RunMode {
  allOrNothing: boolean;
  rescue: boolean;
}

export interface RunModeFieldsProps {
  room: RollbackRoom;
  stepsDone: number;
  mode: RunMode;
  onMode: (mode: RunMode) => void;
}

/** One transaction a step, or one for all; and whether what is destroyed is copied first. */
export function RunModeFields({ room, stepsDone, mode, onMode }: RunModeFieldsProps) {
  const offer = allOrNothingOffer(room.plan, stepsDone, room.rehearsal?.result ?? null);
  const hintId = useId();
  const left = room.plan.steps.length - stepsDone;
  return (
    <div className="mt-3 flex flex-col gap-3 border-t border-line-soft pt-3">
      {offer.offered ? (
        <div aria-describedby={hintId}>
          <SegmentedControl
            label="How the steps are committed"
            stretch
            options={[
              { value: 'steps', label: 'Each step by itself' },
              { value: 'chain', label: 'All or nothing' },
            ]}
            value={mode.allOrNothing ? 'chain' : 'steps'}
            onValueChange={(value) => onMode({ ...mode, allOrNothing: value === 'chain' })}
          />
          <p id={hintId} className="mt-1.5 text-xs text-text-2">
            {mode.allOrNothing
              ? `One transaction for all ${left} steps: every lock is held until the end, and one failure undoes them all.`
              : 'A failure leaves the database at the last step that was committed.'}
          </p>
        </div>
      ) : left > 1 ? (
        <p className="text-xs text-text-2">
          Each step is committed by itself. All or nothing is not offered: {offer.reason}
        </p>
      ) : null}
      <RescueChoice room={room} stepsDone={stepsDone} mode={mode} onMode={onMode} />
    </div>
  );
}

function RescueChoice({ room, stepsDone, mode, onMode }: RunModeFieldsProps) {
  const { rescue, rescue_max_mb: most } = room.policy;
  if (rescue === 'off') {
    return (
      <p className="text-xs text-text-2">No rescue copies: the policy of this target is off.</p>
    );
  }
  const estimate = rescueEstimate(room.plan, stepsDone, room.rehearsal?.result ?? null);
  const size =
    estimate.copies === 0 && estimate.unknown.length === 0
      ? 'As far as is known, nothing needs one.'
      : `${formatCount(estimate.copies, 'copy', 'copies')}, ≈ ${formatSize(estimate.bytes)}${estimate.unknown.length > 0 ? ' or more' : ''}; at most ${most} MB.`;
  const words = (
    <>
      What a statement is about to destroy is copied to the schema backstep_rescue first, in the
      same transaction. {size}
      {[...estimate.unknown, ...estimate.notCopied].map((sentence) => (
        <span key={sentence} className="block">
          {sentence}
        </span>
      ))}
    </>
  );
  if (rescue === 'always') {
    return (
      <div className="text-sm">
        <p className="font-medium">Rescue copies are kept, by policy</p>
        <p className="text-text-2">{words}</p>
      </div>
    );
  }
  return (
    <Checkbox
      label="Keep a rescue copy of what is destroyed"
      hint={words}
      checked={mode.rescue}
      onCheck={(checked) => onMode({ ...mode, rescue: checked })}
    />
  );
}
