'use client';

import type { ReactNode } from 'react';
import { formatCount } from '@/components/room/format-count';
import { Breakable } from '@/components/ui/breakable';
import { Disclosure } from '@/components/ui/disclosure';
import { Duration } from '@/components/ui/duration';
import { Icon } from '@/components/ui/icon';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { BackupRehearsal } from '@/lib/core/backup';
import type { RehearsedStatement, RehearsedStep } from '@/lib/core/evidence';
import { locksOf, rowsOf } from './rehearsal-words';

/** A statement on one line, where the page has the plan that was rehearsed. */
export type StatementLine = (position: number, index: number) => ReactNode;

export interface RehearsedStepsProps {
  /** Of the backup. */
  label: string;
  rehearsal: Pick<BackupRehearsal, 'steps'>;
  statementLine?: StatementLine;
}

/** Each step with what it took on real rows; unfolded, each of its statements. */
export function RehearsedSteps({ label, rehearsal, statementLine }: RehearsedStepsProps) {
  return (
    <ol aria-label={`Steps as rehearsed on ${label}`} className="border-t border-line">
      {rehearsal.steps.map((step) => (
        <li key={step.position} className="border-b border-line-soft px-4 py-0.5 last:border-b-0">
          <Disclosure
            open={step.error !== undefined}
            summary={<StepName step={step} />}
            aside={<StepFigures step={step} />}
          >
            <Statements step={step} statementLine={statementLine} />
          </Disclosure>
        </li>
      ))}
    </ol>
  );
}

function StepName({ step }: { step: RehearsedStep }) {
  return (
    <span className="flex items-center gap-2">
      <Icon
        name={step.error ? 'x' : 'check'}
        size={14}
        className={step.error ? 'text-danger-text' : 'text-ok-text'}
        label={step.error ? 'failed' : 'passed'}
      />
      <code className="min-w-0 wrap-anywhere">
        <Breakable text={step.tag} />
      </code>
    </span>
  );
}

function StepFigures({ step }: { step: RehearsedStep }) {
  const rows = rowsOf(step);
  const locks = locksOf(step).length;
  return (
    <span className="flex shrink-0 items-baseline gap-3 text-xs text-text-2 tabular-nums">
      {locks > 0 ? <span className="max-md:hidden">{formatCount(locks, 'lock')}</span> : null}
      {rows === null ? null : <span className="max-md:hidden">{formatCount(rows, 'row')}</span>}
      <Duration milliseconds={step.durationMs} className="min-w-14 text-right text-text" />
    </span>
  );
}

function Statements({
  step,
  statementLine,
}: {
  step: RehearsedStep;
  statementLine?: StatementLine;
}) {
  if (step.statements.length === 0) {
    return <p className="pb-2 text-xs text-text-2">No statement of it had ended.</p>;
  }
  return (
    <div className="-ml-6 pb-2">
      <Table label={`Statements of ${step.tag}`} minWidth="34rem" className="text-xs">
        <THead>
          <TR>
            <TH>Statement</TH>
            <TH>Locks it took</TH>
            <TH align="end">Rows</TH>
            <TH align="end">Took</TH>
          </TR>
        </THead>
        <TBody>
          {step.statements.map((statement) => (
            <StatementRow
              key={statement.index}
              step={step}
              statement={statement}
              statementLine={statementLine}
            />
          ))}
        </TBody>
      </Table>
    </div>
  );
}

function StatementRow(props: {
  step: RehearsedStep;
  statement: RehearsedStatement;
  statementLine?: StatementLine;
}) {
  const { step, statement, statementLine } = props;
  const failed = step.error?.statementIndex === statement.index;
  return (
    <TR>
      <TD className="max-w-80">
        <span className="flex items-baseline gap-2">
          <span className="mono text-text-3 tabular-nums">
            {step.position + 1}.{statement.index + 1}
          </span>
          {statementLine ? (
            <code className="min-w-0 truncate leading-5">
              {statementLine(step.position, statement.index)}
            </code>
          ) : null}
          {failed ? <span className="font-medium text-danger-text">failed</span> : null}
        </span>
      </TD>
      <TD>
        <Locks locks={statement.locks} />
      </TD>
      <TD align="end" numeric>
        {statement.rows === null ? '–' : statement.rows.toLocaleString('en-US')}
      </TD>
      <TD align="end" numeric>
        <Duration milliseconds={statement.durationMs} />
      </TD>
    </TR>
  );
}

/** Undefined: it ran outside of a transaction, or did not end well, so nobody saw them. */
function Locks({ locks }: { locks: readonly string[] | undefined }) {
  if (locks === undefined) return <span className="text-text-3">not seen</span>;
  if (locks.length === 0) return <span className="text-text-3">none beyond those it held</span>;
  return (
    <ul>
      {locks.map((lock) => (
        <li key={lock} className="wrap-anywhere">
          {lock}
        </li>
      ))}
    </ul>
  );
}
