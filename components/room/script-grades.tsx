'use client';

import { GradeChip } from '@/components/proof/grade-chip';
import { PAIRED_BY } from '@/components/proof/paired-by';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { verdictOf } from '@/lib/core/proof';
import type { RollbackRoom } from '@/lib/core/views';
import { gradesSummary, proofOf } from './step-proofs';

/** Each script of the plan with what its round trip said, for somebody who decides. */
export function ScriptGrades({ room }: { room: RollbackRoom }) {
  return (
    <Panel aria-labelledby="script-grades">
      <PanelHeader title="Scripts" titleId="script-grades" detail={gradesSummary(room)} />
      <ul className="text-sm">
        {room.plan.steps.map((step) => (
          <li
            key={step.position}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line-soft px-4 py-2 last:border-b-0"
          >
            <code className="min-w-0 flex-1 basis-56 text-code wrap-anywhere">{step.tag}</code>
            <span className="text-xs text-text-2">
              {step.rollbackFile}, paired {PAIRED_BY[step.pairedBy].words}
            </span>
            <StepGrade room={room} position={step.position} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The grade of one step's script, with what the policy of the target makes of it. */
export function StepGrade(props: { room: RollbackRoom; position: number; bare?: boolean }) {
  const { room, position, bare } = props;
  const proof = proofOf(room, position);
  return (
    <GradeChip
      grade={proof?.grade ?? null}
      losesData={proof?.losesData ?? null}
      verdict={proof ? verdictOf(proof, room.policy) : null}
      bare={bare}
    />
  );
}
