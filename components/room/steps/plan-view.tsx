'use client';

import { PAIRED_BY } from '@/components/proof/paired-by';
import { Breakable } from '@/components/ui/breakable';
import { CopyButton } from '@/components/ui/copy-button';
import { KeyValue } from '@/components/ui/key-value';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { PlanStep } from '@/lib/core/plan';
import type { RollbackRoom } from '@/lib/core/views';
import { ActionButton } from '../action-button';
import { DriftPanel } from '../drift-panel';
import { formatCount, shortHash, tinyHash } from '../format-count';
import { PairedRemarks } from '../paired-remarks';
import { PlanChanges } from '../plan-changes';
import { PlanForecast } from '../plan-forecast';
import { RoomDecision } from '../room-decision';
import { StepGrade } from '../script-grades';

/** What is pinned, and whether it is still true. */
export function PlanView({ room, repinInDock }: { room: RollbackRoom; repinInDock: boolean }) {
  const { plan } = room;
  const result = room.rehearsal?.digest === room.digest ? room.rehearsal.result : null;
  return (
    <div className="flex flex-col gap-3">
      <PlanChanges room={room} />
      <RoomDecision room={room} />
      {/* Holds what is hidden inside the table for screen readers, or a phone would scroll sideways. */}
      <Panel aria-labelledby="plan-chain" className="relative">
        <PanelHeader
          title="What will be undone"
          titleId="plan-chain"
          detail={`${formatCount(plan.steps.length, 'migration')}, in this order`}
          actions={
            repinInDock || !room.gates.actions.repin.allowed ? null : (
              <ActionButton room={room} action="repin" variant="quiet" />
            )
          }
        />
        <Table label="Migrations that will be undone, in run order" className="md:min-w-[42rem]">
          <THead>
            <TR>
              <TH className="w-10">
                <span className="sr-only">Position</span>
              </TH>
              <TH className="md:min-w-36">Migration</TH>
              <TH className="max-md:hidden">Tracking row</TH>
              <TH>Rollback file</TH>
              <TH className="min-w-36 max-md:hidden">Round trip</TH>
            </TR>
          </THead>
          <TBody>
            {plan.steps.map((step) => (
              <StepRow key={step.position} room={room} step={step} />
            ))}
          </TBody>
        </Table>
        <PairedRemarks steps={plan.steps} />
      </Panel>
      <PlanForecast room={room} />
      {result && result.drift.length > 0 ? (
        <DriftPanel result={result} policy={room.policy} />
      ) : null}
      <Pinned room={room} />
    </div>
  );
}

function StepRow({ room, step }: { room: RollbackRoom; step: PlanStep }) {
  return (
    <TR>
      <TD numeric className="text-text-3">
        {step.position + 1}
      </TD>
      <TD>
        <code className="text-code wrap-anywhere">
          <Breakable text={step.tag} />
        </code>
        {/* A phone has no room for their columns. */}
        <span className="mt-1 flex flex-col items-start gap-1 text-xs md:hidden">
          <TrackingRow step={step} />
          <StepGrade room={room} position={step.position} bare />
        </span>
      </TD>
      <TD className="max-md:hidden">
        <TrackingRow step={step} />
      </TD>
      <TD>
        <span className="wrap-anywhere">
          <Breakable text={step.rollbackFile} />
        </span>{' '}
        <span className="whitespace-nowrap">
          <code className="text-text-2">{tinyHash(step.rollbackSha256)}</code>
          <CopyButton
            text={step.rollbackSha256}
            what={`SHA-256 of ${step.rollbackFile}`}
            className="ml-0.5"
          />
        </span>
        <span className="block text-xs text-text-2">
          {formatCount(step.statements.length, 'statement')}, paired{' '}
          {PAIRED_BY[step.pairedBy].words}
        </span>
        <AloneStatements step={step} />
      </TD>
      <TD className="max-md:hidden">
        <StepGrade room={room} position={step.position} bare />
      </TD>
    </TR>
  );
}

function TrackingRow({ step }: { step: PlanStep }) {
  return (
    <span className="whitespace-nowrap">
      id {step.row.id} <code className="text-text-2">{tinyHash(step.row.hash)}</code>
      <CopyButton text={step.row.hash} what={`hash of ${step.tag}`} className="ml-0.5" />
    </span>
  );
}

/** Statements of a script that no transaction can take back. */
function AloneStatements({ step }: { step: PlanStep }) {
  const alone = step.statements.filter(({ transactional }) => !transactional);
  if (alone.length === 0) return null;
  const lines = alone.map(({ line }) => line).join(', ');
  return (
    <span className="mt-0.5 block text-xs font-medium text-warn-text">
      On {alone.length === 1 ? 'its' : 'their'} own, {alone.length === 1 ? 'stays' : 'stay'} even if
      the step fails: {alone.length === 1 ? 'line' : 'lines'} {lines}
    </span>
  );
}

function Pinned({ room }: { room: RollbackRoom }) {
  const { plan } = room;
  const { database, tracking } = plan;
  return (
    <Panel aria-labelledby="plan-pinned">
      <PanelHeader title="What is pinned" titleId="plan-pinned" />
      <PanelBody>
        <KeyValue
          entries={[
            {
              id: 'database',
              label: 'Database',
              value: (
                <>
                  <code>{database.name}</code> on system <code>{database.systemIdentifier}</code>,
                  PostgreSQL {room.target.serverVersion}
                </>
              ),
            },
            { id: 'from', label: 'From', value: <code>{plan.from.tag}</code> },
            { id: 'to', label: 'Down to', value: <code>{plan.to.tag}</code> },
            {
              id: 'rows',
              label: 'Tracking table',
              value: (
                <>
                  <code>
                    {tracking.schema}.{tracking.table}
                  </code>
                  , {formatCount(plan.rows.length, 'row')} now
                </>
              ),
            },
            {
              id: 'schema',
              label: 'Live schema',
              value: (
                <>
                  fingerprint <code>{shortHash(plan.schemaFingerprint)}</code>
                  <CopyButton text={plan.schemaFingerprint} what="schema fingerprint" />
                </>
              ),
            },
            {
              id: 'digest',
              label: 'Digest',
              value: (
                <>
                  <code className="wrap-anywhere">{room.digest}</code>
                  <CopyButton text={room.digest} what="whole digest" />
                </>
              ),
            },
          ]}
        />
        <p className="mt-3 max-w-[68ch] text-sm text-text-2">
          The digest covers the bytes of each rollback file, the hashes of the migrations, the
          tracking rows, the identity of the database and the fingerprint of its schema. A reviewer
          approves this digest, and only these bytes are run: a file that is edited later changes
          nothing except that the approval no longer counts.
        </p>
      </PanelBody>
    </Panel>
  );
}
