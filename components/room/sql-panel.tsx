'use client';

import { type ReactNode, useState } from 'react';
import { Button } from '@/components/ui/button';
import { CodeBlock } from '@/components/ui/code-block';
import { CopyButton } from '@/components/ui/copy-button';
import type { DiffRow } from '@/components/ui/diff-lines';
import { Duration } from '@/components/ui/duration';
import { EmptyState } from '@/components/ui/empty-state';
import { Icon } from '@/components/ui/icon';
import { Panel } from '@/components/ui/panel';
import { TabPanel, Tabs } from '@/components/ui/tabs';
import type { RehearsedStatement, RehearsedStep } from '@/lib/core/evidence';
import type { Plan, PlanStep } from '@/lib/core/plan';
import { formatCount, tinyHash } from './format-count';
import { HazardChips } from './hazard-chips';
import { useStatementLines } from './room-sql';
import { diffRows } from './schema-diff';
import { SchemaDiffLines } from './schema-diff-lines';
import { StatementErrorText } from './statement-error';

export interface SqlPanelProps {
  step: PlanStep;
  tracking: Plan['tracking'];
  /** What the rehearsal saw of this step, when it came so far. */
  rehearsed: RehearsedStep | null;
  rehearsing: boolean;
}

/** One migration's rollback: the SQL as it will run, and what it does to the schema. */
export function SqlPanel({ step, tracking, rehearsed, rehearsing }: SqlPanelProps) {
  const titleId = `sql-${step.position}`;
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
          <Statements step={step} rehearsed={rehearsed} />
        </TabPanel>
        <TabPanel value="diff">
          {rehearsed && !rehearsed.error ? (
            <SchemaDiff step={step} tracking={tracking} rehearsed={rehearsed} />
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
      </Tabs>
    </Panel>
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

/** More than a person reads at once; the rest is one press away. */
const SHOWN_AT_FIRST = 100;

function Statements({ step, rehearsed }: { step: PlanStep; rehearsed: RehearsedStep | null }) {
  const [all, setAll] = useState(false);
  const linesOf = useStatementLines();
  const failedAt = rehearsed?.error?.statementIndex;
  // The statement with the error is shown however far down it is.
  const limit = all ? step.statements.length : Math.max(SHOWN_AT_FIRST, (failedAt ?? -1) + 1);
  const rest = step.statements.length - limit;
  return (
    <>
      <ol>
        {step.statements.slice(0, limit).map((statement) => {
          const lines = linesOf(step, statement.index);
          const last = statement.line + lines.length - 1;
          const failed = statement.index === failedAt ? rehearsed?.error : undefined;
          return (
            <li key={statement.index}>
              <CodeBlock
                label={`Statement ${statement.index + 1} of ${step.tag}`}
                lines={lines}
                firstLine={statement.line}
                errorLine={
                  failed ? clamp(failed.line ?? statement.line, statement.line, last) : undefined
                }
                errorText={failed ? <StatementErrorText error={failed} /> : undefined}
                className="-mb-1.5"
              />
              <StatementNotes
                statement={statement}
                rehearsed={rehearsed?.statements.find((one) => one.index === statement.index)}
              />
            </li>
          );
        })}
      </ol>
      {rest > 0 ? (
        <div className="border-t border-line-soft px-4 py-2">
          <Button variant="quiet" onClick={() => setAll(true)}>
            Show {formatCount(rest, 'more statement')}
          </Button>
        </div>
      ) : null}
    </>
  );
}

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);

function StatementNotes(props: {
  statement: PlanStep['statements'][number];
  rehearsed: RehearsedStatement | undefined;
}) {
  const { statement, rehearsed } = props;
  if (statement.hazards.length === 0 && !rehearsed) return <div className="h-2" />;
  return (
    <div className="flex flex-wrap gap-1.5 pr-4 pb-3 pl-11 max-md:pl-4">
      <HazardChips hazards={statement.hazards} />
      {rehearsed ? (
        <span className="inline-flex min-h-[22px] items-center text-xs text-text-2">
          <Duration estimate milliseconds={rehearsed.durationMs} />
          &nbsp;rehearsed
          {rehearsed.rows === null ? null : `, ${formatCount(rehearsed.rows, 'row')} there`}
        </span>
      ) : null}
    </div>
  );
}

function SchemaDiff(props: {
  step: PlanStep;
  tracking: Plan['tracking'];
  rehearsed: RehearsedStep;
}) {
  const { step, tracking, rehearsed } = props;
  const table = `${tracking.schema}.${tracking.table}`;
  const structure: DiffRow[] =
    rehearsed.changes.length > 0
      ? diffRows(rehearsed.changes)
      : [
          {
            type: 'heading',
            id: 'none',
            title: 'No structure changes',
            detail: 'this rollback touches data alone',
          },
        ];
  const rows: DiffRow[] = [
    ...structure,
    { type: 'heading', id: 'tracking', title: table, detail: '1 row removed' },
    {
      type: 'line',
      id: 'tracking row',
      kind: 'remove',
      number: step.row.id,
      line: [{ text: `${step.tag}  hash ${tinyHash(step.row.hash)}` }],
    },
  ];
  return (
    <SchemaDiffLines label={`Schema before and after the rollback of ${step.tag}`} rows={rows} />
  );
}
