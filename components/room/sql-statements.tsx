'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { CodeBlock } from '@/components/ui/code-block';
import type { LiveImpact, RehearsedStatement, RehearsedStep } from '@/lib/core/evidence';
import type { PlanStep } from '@/lib/core/plan';
import { formatCount } from './format-count';
import { useStatementLines } from './room-sql';
import { StatementErrorText } from './statement-error';
import { StatementNotes } from './statement-notes';

export interface SqlStatementsProps {
  step: PlanStep;
  rehearsed: RehearsedStep | null;
  impact: LiveImpact | null;
  /** The step on the rows of a backup, where it passed there. */
  onBackup: { label: string; step: RehearsedStep } | null;
}

/** More than a person reads at once; the rest is one press away. */
const SHOWN_AT_FIRST = 100;

/** A script statement by statement, with what there is to say about each below it. */
export function SqlStatements({ step, rehearsed, impact, onBackup }: SqlStatementsProps) {
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
                position={step.position}
                impact={impact}
                rehearsed={statementOf(rehearsed, statement.index)}
                onBackup={onBackupOf(onBackup, statement.index)}
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

const statementOf = (step: RehearsedStep | null, index: number): RehearsedStatement | undefined =>
  step?.statements.find((one) => one.index === index);

function onBackupOf(onBackup: SqlStatementsProps['onBackup'], index: number) {
  const statement = onBackup ? statementOf(onBackup.step, index) : undefined;
  return onBackup && statement ? { label: onBackup.label, statement } : undefined;
}

const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);
