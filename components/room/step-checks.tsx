'use client';

import type { ReactNode } from 'react';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { StepEvidence, StepVerification } from '@/lib/core/evidence';
import { isInside } from '@/lib/core/parts';
import type { Timeline } from '@/lib/core/timeline';
import type { RollbackRoom } from '@/lib/core/views';
import { type DatabasePlace, headAfter } from './database-place';
import { formatCount, tinyHash } from './format-count';
import { diffRows } from './schema-diff';
import { SchemaDiffLines } from './schema-diff-lines';

interface CheckedStep {
  position: number;
  tag: string;
  head: string;
  committed: boolean;
  /** Nobody knows yet whether it is in. */
  unknown: boolean;
  /** Some of it is in for good. */
  inside: boolean;
  verification: StepVerification | null;
}

export interface StepChecksProps {
  room: RollbackRoom;
  timeline: Timeline;
  place: DatabasePlace;
}

/** After each step: the schema that the rehearsal saw, the one that was found. */
export function StepChecks({ room, timeline, place }: StepChecksProps) {
  const steps = room.plan.steps.map((step, position): CheckedStep => {
    const evidence: StepEvidence | undefined = room.steps[position];
    const live = timeline.steps[position];
    return {
      position,
      tag: step.tag,
      head: headAfter(room.plan, position + 1),
      committed: evidence?.status === 'committed' || live?.state === 'committed',
      // In one transaction all of them are in doubt, else the one that comes next.
      unknown:
        place.orAt !== null &&
        (position === place.done || (position > place.done && room.run?.allOrNothing === true)),
      inside: isInside(evidence) || (live?.partsDone ?? 0) > 0,
      verification: live?.verification ?? evidence?.verification ?? null,
    };
  });
  const done = steps.filter((step) => step.committed);
  const inside = steps.some((step) => !step.committed && step.inside);
  const equal = done.filter((step) => step.verification?.ok).length;
  return (
    <Panel aria-labelledby="step-checks" tone={equal < done.length ? 'warn' : undefined}>
      <PanelHeader
        title="Checks after the run"
        titleId="step-checks"
        status={
          done.length === 0 ? null : (
            <StatusChip tone={equal === done.length && !inside ? 'ok' : 'warn'}>
              {`${equal} of ${done.length} equal${inside ? ', 1 in by half' : ''}`}
            </StatusChip>
          )
        }
      />
      <Table label="Expected and found" className="md:min-w-[38rem]">
        <THead>
          <TR>
            <TH>Check</TH>
            <TH className="max-md:hidden">Expected</TH>
            <TH className="max-md:hidden">Found</TH>
            <TH align="end">Result</TH>
          </TR>
        </THead>
        <TBody>
          {steps.map((step) => (
            <StepRow key={step.tag} step={step} />
          ))}
          <TrackingRow room={room} done={done} unknown={place.orAt !== null} />
        </TBody>
      </Table>
      {steps
        .filter((step) => step.verification && step.verification.differences.length > 0)
        .map((step) => (
          <Differences key={step.tag} step={step} />
        ))}
    </Panel>
  );
}

/** Each row was removed in the transaction of its step, after all rows had been compared under a lock. */
function TrackingRow(props: {
  room: RollbackRoom;
  done: readonly CheckedStep[];
  unknown: boolean;
}) {
  const { room, done, unknown } = props;
  const { rows, steps, tracking } = room.plan;
  const ids = done.map((step) => steps[step.position]?.row.id).filter((id) => id !== undefined);
  const left = unknown ? 'not known' : `${formatCount(rows.length - done.length, 'row')} left`;
  const removed = ids.length > 0 ? `id ${ids.join(', ')} removed` : unknown ? left : 'none removed';
  return (
    <TR>
      <TD>
        Rows of{' '}
        <code className="text-code">
          {tracking.schema}.{tracking.table}
        </code>
        <OnPhone expected={left} found={removed} />
      </TD>
      <TD className="max-md:hidden">{left}</TD>
      <TD className="max-md:hidden">{removed}</TD>
      <TD align="end">
        {unknown ? (
          <StatusChip bare tone="unknown">
            Unknown
          </StatusChip>
        ) : ids.length === 0 ? (
          <StatusChip bare tone="dashed">
            Unchanged
          </StatusChip>
        ) : (
          <StatusChip bare tone="ok">
            Removed
          </StatusChip>
        )}
      </TD>
    </TR>
  );
}

function StepRow({ step }: { step: CheckedStep }) {
  const expected = <Fingerprint value={step.verification?.expectedFingerprint} />;
  const found = <Fingerprint value={step.verification?.foundFingerprint} />;
  return (
    <TR>
      <TD>
        Schema at {step.head}, after <code className="text-code wrap-anywhere">{step.tag}</code>
        <OnPhone expected={expected} found={found} />
      </TD>
      <TD className="max-md:hidden">{expected}</TD>
      <TD className="max-md:hidden">{found}</TD>
      <TD align="end">
        <Result step={step} />
      </TD>
    </TR>
  );
}

/** What has columns of its own on a wide screen; a phone would have to be scrolled for the result. */
function OnPhone({ expected, found }: { expected: ReactNode; found: ReactNode }) {
  return (
    <span className="block text-xs text-text-2 md:hidden">
      Expected: {expected}. Found: {found}.
    </span>
  );
}

function Fingerprint({ value }: { value: string | undefined }) {
  if (!value) return <span className="text-text-3">none</span>;
  return (
    <code title={value} className="whitespace-nowrap">
      {tinyHash(value)}
    </code>
  );
}

function Result({ step }: { step: CheckedStep }) {
  if (!step.committed && step.unknown) {
    return (
      <StatusChip bare tone="unknown">
        Unknown
      </StatusChip>
    );
  }
  if (!step.committed && step.inside) {
    return (
      <StatusChip bare tone="warn">
        In by half
      </StatusChip>
    );
  }
  if (!step.committed) {
    return (
      <StatusChip bare tone="dashed">
        Not undone
      </StatusChip>
    );
  }
  switch (step.verification?.how) {
    case 'fingerprint_equal':
      return (
        <StatusChip bare tone="ok">
          Equal
        </StatusChip>
      );
    case 'changes_equal':
      return (
        <StatusChip bare tone="ok">
          Same changes
        </StatusChip>
      );
    case 'different':
      return (
        <StatusChip bare tone="warn">
          Different
        </StatusChip>
      );
    default:
      return (
        <StatusChip bare tone="warn">
          Not compared
        </StatusChip>
      );
  }
}

function Differences({ step }: { step: CheckedStep }) {
  const differences = step.verification?.differences ?? [];
  return (
    <div className="border-t border-line">
      <p className="px-4 pt-3 text-sm">
        <b className="font-semibold">
          {formatCount(differences.length, 'difference')} after {step.tag}
        </b>
        <span className="text-text-2">
          : − was expected and is missing, + is there and was not expected, ~ expected → found.
        </span>
      </p>
      <SchemaDiffLines
        label={`Expected and found after ${step.tag}`}
        rows={diffRows(differences)}
      />
    </div>
  );
}
