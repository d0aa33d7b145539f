'use client';

import type { DiffRow } from '@/components/ui/diff-lines';
import type { RehearsedStep } from '@/lib/core/evidence';
import type { Plan, PlanStep } from '@/lib/core/plan';
import { tinyHash } from './format-count';
import { diffRows } from './schema-diff';
import { SchemaDiffLines } from './schema-diff-lines';

/** What one step did to the schema of the scratch database, and its tracking row. */
export function StepSchemaDiff(props: {
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
