import { useId } from 'react';
import { Checkbox } from '@/components/ui/checkbox';
import { SegmentedControl } from '@/components/ui/segmented-control';
import type { RollbackRoom } from '@/lib/core/views';
import {
  estimateOf,
  offerOf,
  type RunMode,
  rescueLimitWords,
  rescueSizeWords,
  stepsDoneOf,
} from './run-choice';

export interface RunModeFieldsProps {
  room: RollbackRoom;
  mode: RunMode;
  onMode: (mode: RunMode) => void;
}

/** One transaction a step, or one for all; and whether what is destroyed is copied first. */
export function RunModeFields({ room, mode, onMode }: RunModeFieldsProps) {
  const offer = offerOf(room);
  const hintId = useId();
  const left = room.plan.steps.length - stepsDoneOf(room);
  return (
    <div className="mt-4 flex flex-col gap-3 border-t border-line-soft pt-3">
      {offer.offered ? (
        // biome-ignore lint/a11y/useSemanticElements: the radio group inside has its own name
        <div role="group" aria-describedby={hintId}>
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
      ) : (
        <p className="text-xs text-text-2">
          {left > 1 ? 'Each step by itself; all or nothing is not offered. ' : null}
          {offer.reason}
        </p>
      )}
      <RescueChoice room={room} mode={mode} onMode={onMode} />
    </div>
  );
}

function RescueChoice({ room, mode, onMode }: RunModeFieldsProps) {
  switch (room.policy.rescue) {
    case 'off':
      return <p className="text-xs text-text-2">No rescue copies, by policy.</p>;
    case 'always':
      return (
        <div className="text-sm">
          <p className="font-medium">Rescue copies are kept, by policy</p>
          <Estimate room={room} />
        </div>
      );
    case 'ask':
      return (
        <Checkbox
          label="Keep a rescue copy of what is destroyed"
          hint={<Estimate room={room} />}
          checked={mode.rescue}
          onCheck={(checked) => onMode({ ...mode, rescue: checked })}
        />
      );
  }
}

function Estimate({ room }: Pick<RunModeFieldsProps, 'room'>) {
  const estimate = estimateOf(room);
  const limit = rescueLimitWords(estimate, room.policy);
  return (
    <div className="text-xs text-text-2">
      <p>
        Copied to the schema <code className="mono">backstep_rescue</code> in the same transaction,
        before it is destroyed. {rescueSizeWords(estimate)}
      </p>
      {limit ? <p className="mt-1 text-warn-text">{limit}</p> : null}
      <Sentences title="Not known" lines={estimate.unknown} />
      <Sentences title="Not copied" lines={estimate.notCopied} />
    </div>
  );
}

function Sentences({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div className="mt-1.5">
      <p className="font-medium text-text">{title}</p>
      <ul className="list-disc pl-4 wrap-anywhere">
        {[...new Set(lines)].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
