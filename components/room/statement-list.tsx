'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { Panel, PanelFooter, PanelHeader } from '@/components/ui/panel';
import { SqlText } from '@/components/ui/sql-text';
import type { Plan, PlanStep } from '@/lib/core/plan';
import { AloneChip } from './alone-chip';
import { formatCount } from './format-count';
import { HazardChip, worstHazard } from './hazard-chips';
import { useStatementLines } from './room-sql';

/** What a reviewer looks through without a pause; longer scripts unfold. */
const SHOWN_AT_FIRST = 40;

export interface StatementListProps {
  plan: Plan;
  onOpenPreview: () => void;
}

/** Every statement that will run, one below the other, with what is the worst about it. */
export function StatementList({ plan, onOpenPreview }: StatementListProps) {
  const [all, setAll] = useState(false);
  const statements = plan.steps.flatMap((step) =>
    step.statements.map((statement) => ({ step, statement })),
  );
  const shown = all ? statements : statements.slice(0, SHOWN_AT_FIRST);
  return (
    <Panel aria-labelledby="what-will-run">
      <PanelHeader
        title="What will run"
        titleId="what-will-run"
        detail={`${formatCount(statements.length, 'statement')}, in this order`}
        actions={
          <Button variant="quiet" onClick={onOpenPreview}>
            Full preview and diff
          </Button>
        }
      />
      <ol className="text-sm">
        {shown.map(({ step, statement }) => (
          <Line key={`${step.position}.${statement.index}`} step={step} index={statement.index} />
        ))}
      </ol>
      {shown.length < statements.length ? (
        <PanelFooter>
          <Button variant="quiet" onClick={() => setAll(true)}>
            Show {formatCount(statements.length - shown.length, 'more statement')}
          </Button>
        </PanelFooter>
      ) : null}
    </Panel>
  );
}

function Line({ step, index }: { step: PlanStep; index: number }) {
  const linesOf = useStatementLines();
  const statement = step.statements[index];
  const worst = statement ? worstHazard(statement) : undefined;
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 border-b border-line-soft px-4 py-2 last:border-b-0">
      <span className="mono w-7 shrink-0 text-text-3 tabular-nums">
        {step.position + 1}.{index + 1}
      </span>
      <code className="min-w-0 flex-1 basis-64 text-code whitespace-pre-wrap wrap-anywhere">
        {linesOf(step, index).map((line, number) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <span key={number} className="block">
            <SqlText line={line} />
          </span>
        ))}
      </code>
      {statement ? <AloneChip statement={statement} /> : null}
      {worst && worst.code !== 'not_transactional' ? <HazardChip hazard={worst} /> : null}
    </li>
  );
}
