'use client';

import { Banner } from '@/components/ui/banner';
import { CopyButton } from '@/components/ui/copy-button';
import type { RollbackEvent } from '@/lib/core/events';
import type { RehearsalEvidence } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';
import { DangersPanel } from '../dangers-panel';
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
  const alone = plan.steps
    .flatMap((step) => step.statements)
    .filter(({ transactional }) => !transactional).length;
  return (
    <div className="flex flex-col gap-3">
      <RehearsalBanner
        room={room}
        rehearsal={rehearsal}
        events={events}
        rehearseInDock={rehearseInDock}
      />
      <PolicyBlocks room={room} rehearsal={rehearsal} />
      {rehearsal?.result && rehearsal.result.drift.length > 0 ? (
        <DriftPanel result={rehearsal.result} policy={room.policy} />
      ) : null}
      <Unseen problems={rehearsal?.result?.impact.problems ?? []} />
      <DangersPanel room={room} />
      <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2>What will run</h2>
        <span className="text-sm text-text-2">
          {formatCount(plan.steps.length, 'migration')}, {formatCount(statements, 'statement')}, one
          transaction for each migration
          {alone > 0
            ? `, ${formatCount(alone, 'statement')} on ${alone === 1 ? 'its' : 'their'} own`
            : null}
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
          room={room}
          step={step}
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

/** The rehearsal passed and still the gate is closed: the policy of the target is why. */
function PolicyBlocks(props: { room: RollbackRoom; rehearsal: RehearsalEvidence | null }) {
  const { room, rehearsal } = props;
  const gate = room.gates.steps.find((one) => one.step === 'preview');
  if (rehearsal?.state !== 'passed' || gate?.state !== 'failed' || !gate.reason) return null;
  return (
    <Banner tone="danger" role="alert" title="The policy of this target does not let this plan run">
      {gate.reason}
    </Banner>
  );
}

/** What the look at the live target could not see: then silence means nothing. */
function Unseen({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return (
    <Banner tone="warn" role="status" title="Not everything could be read on the live target">
      <ul>
        {problems.map((problem) => (
          <li key={problem} className="wrap-anywhere">
            {problem}
          </li>
        ))}
      </ul>
    </Banner>
  );
}
