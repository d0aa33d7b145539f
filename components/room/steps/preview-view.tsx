'use client';

import { CopyButton } from '@/components/ui/copy-button';
import type { RollbackEvent } from '@/lib/core/events';
import type { RehearsalEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { DriftPanel } from '../drift-panel';
import { formatCount } from '../format-count';
import { RehearsalBanner } from '../rehearsal-banner';
import { SqlPanel } from '../sql-panel';

export interface PreviewViewProps {
  room: RollbackRoom;
  events: readonly RollbackEvent[];
  rehearseInDock: boolean;
}

/** What will run, statement by statement, and what a rehearsal of it did to the schema. */
export function PreviewView({ room, events, rehearseInDock }: PreviewViewProps) {
  const { plan } = room;
  const rehearsal = currentRehearsal(room);
  const statements = plan.steps.reduce((sum, step) => sum + step.statements.length, 0);
  return (
    <div className="flex flex-col gap-3">
      <RehearsalBanner
        room={room}
        rehearsal={rehearsal}
        events={events}
        rehearseInDock={rehearseInDock}
      />
      {rehearsal?.result && rehearsal.result.drift.length > 0 ? (
        <DriftPanel drift={rehearsal.result.drift} policy={room.policy} />
      ) : null}
      <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2>What will run</h2>
        <span className="text-sm text-text-2">
          {formatCount(plan.steps.length, 'migration')}, {formatCount(statements, 'statement')}, one
          transaction for each migration
        </span>
        <CopyButton
          text={plan.steps.map((step) => `-- ${step.tag}\n${step.rollbackSql}`).join('\n\n')}
          what="all SQL"
          word="Copy all SQL"
          className="ml-auto"
        />
      </div>
      {plan.steps.map((step) => (
        <SqlPanel
          key={`${step.position} ${step.rollbackSha256}`}
          step={step}
          tracking={plan.tracking}
          rehearsed={rehearsal?.result?.steps[step.position] ?? null}
          rehearsing={rehearsal?.state === 'queued' || rehearsal?.state === 'running'}
        />
      ))}
    </div>
  );
}

/** A rehearsal of another digest says nothing about this plan. */
function currentRehearsal(room: RollbackRoom): RehearsalEvidence | null {
  return room.rehearsal?.digest === room.digest ? room.rehearsal : null;
}
