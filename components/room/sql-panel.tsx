'use client';

import type { ReactNode } from 'react';
import { ProofDetail } from '@/components/proof/proof-detail';
import { CopyButton } from '@/components/ui/copy-button';
import { Disclosure } from '@/components/ui/disclosure';
import { Duration } from '@/components/ui/duration';
import { EmptyState } from '@/components/ui/empty-state';
import { Icon } from '@/components/ui/icon';
import { Panel } from '@/components/ui/panel';
import { TabPanel, Tabs } from '@/components/ui/tabs';
import type { RehearsedStep } from '@/lib/core/evidence';
import type { PlanStep } from '@/lib/core/plan';
import type { RollbackRoom } from '@/lib/core/views';
import { DataLoss, DataLossLabel } from './data-loss';
import { impactOf } from './loss-ledger';
import { measuredSteps } from './rehearsal-times';
import { StepGrade } from './script-grades';
import { SqlStatements } from './sql-statements';
import { proofOf } from './step-proofs';
import { StepSchemaDiff } from './step-schema-diff';

export interface SqlPanelProps {
  room: RollbackRoom;
  step: PlanStep;
  /** What the rehearsal saw of this step, when it came so far. */
  rehearsed: RehearsedStep | null;
  rehearsing: boolean;
}

/** One migration's rollback: the SQL as it will run, what it does to the schema, and what it costs. */
export function SqlPanel({ room, step, rehearsed, rehearsing }: SqlPanelProps) {
  const titleId = `sql-${step.position}`;
  const impact = impactOf(room);
  return (
    <Panel aria-labelledby={titleId} tone={rehearsed?.error ? 'danger' : undefined}>
      <Tabs
        label={`Views of ${step.tag}`}
        variant="segmented"
        items={[
          { value: 'sql', label: 'SQL' },
          {
            value: 'diff',
            label: 'Schema diff',
            count: rehearsed?.error ? undefined : rehearsed?.changes.length,
          },
          { value: 'loss', label: <DataLossLabel impact={impact} step={step} /> },
        ]}
        renderList={(list) => (
          <Head step={step} titleId={titleId} rehearsed={rehearsed}>
            {list}
          </Head>
        )}
      >
        <TabPanel value="sql">
          {step.unwrapped ? (
            <p className="flex items-center gap-2 border-b border-line-soft px-4 py-2 text-xs text-text-2">
              <Icon name="info" size={14} className="text-info" />
              The file wraps itself in BEGIN … COMMIT. It runs without them, inside the transaction
              of the step.
            </p>
          ) : null}
          <SqlStatements
            step={step}
            rehearsed={rehearsed}
            impact={impact}
            onBackup={onBackupOf(room, step)}
          />
        </TabPanel>
        <TabPanel value="diff">
          {rehearsed && !rehearsed.error ? (
            <StepSchemaDiff step={step} tracking={room.plan.tracking} rehearsed={rehearsed} />
          ) : (
            <EmptyState title="No schema diff" icon="table">
              {rehearsed?.error
                ? 'This step failed in the rehearsal, so there is no schema after it.'
                : rehearsing
                  ? 'The rehearsal is under way. The diff comes from it, not from guessing.'
                  : 'The diff comes from a rehearsal, and this step has not been rehearsed.'}
            </EmptyState>
          )}
        </TabPanel>
        <TabPanel value="loss">
          <DataLoss room={room} step={step} impact={impact} rehearsing={rehearsing} />
        </TabPanel>
      </Tabs>
      <RoundTrip room={room} step={step} />
    </Panel>
  );
}

/** The step as it was measured on the rows of the room's backup. */
function onBackupOf(room: RollbackRoom, step: PlanStep) {
  const measured = measuredSteps(room);
  const found = measured?.steps.find(({ position }) => position === step.position);
  return measured?.backup && found ? { label: measured.backup, step: found } : null;
}

/** What was seen when the migration and its script were tried against each other. */
function RoundTrip({ room, step }: Pick<SqlPanelProps, 'room' | 'step'>) {
  const proof = proofOf(room, step.position);
  if (!proof) return null;
  return (
    <div className="border-t border-line-soft bg-raised px-4 py-1">
      <Disclosure summary="Round trip" aside={<StepGrade room={room} position={step.position} />}>
        <div className="pb-3">
          <ProofDetail proof={proof} />
        </div>
      </Disclosure>
    </div>
  );
}

function Head(props: {
  step: PlanStep;
  titleId: string;
  rehearsed: RehearsedStep | null;
  children: ReactNode;
}) {
  const { step, titleId, rehearsed, children } = props;
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-2.5 gap-y-1.5 border-b border-line py-2 pr-2 pl-4">
      <span
        aria-hidden
        className="flex size-[22px] shrink-0 items-center justify-center rounded-sm bg-sunken text-xs font-semibold text-text-2"
      >
        {step.position + 1}
      </span>
      <h3 id={titleId} className="min-w-0 font-mono text-code font-medium wrap-anywhere">
        {step.tag}
      </h3>
      {rehearsed && !rehearsed.error ? (
        <Duration estimate milliseconds={rehearsed.durationMs} className="text-xs text-text-2" />
      ) : null}
      <div className="ml-auto flex items-center gap-1.5">
        {children}
        <CopyButton text={step.rollbackSql} what={`SQL of ${step.tag}`} />
      </div>
    </div>
  );
}
