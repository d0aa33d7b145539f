'use client';

import { PAIRED_BY } from '@/components/proof/paired-by';
import { Icon } from '@/components/ui/icon';
import type { PairedBy } from '@/lib/core/migration';
import type { PlanStep } from '@/lib/core/plan';

/** What to know about scripts that were not found by their full name, once for each way. */
export function PairedRemarks({ steps }: { steps: readonly PlanStep[] }) {
  const byNumber = steps.filter((step) => step.pairedBy === 'number');
  // A script that was doubted is named on a line of its own.
  const groups: { pairedBy: PairedBy; of: PlanStep[] }[] = [
    ...steps
      .filter((step) => step.pairedBy === 'proof')
      .map((step) => ({ pairedBy: step.pairedBy, of: [step] })),
    ...(byNumber.length > 0 ? [{ pairedBy: 'number' as const, of: byNumber }] : []),
  ];
  if (groups.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 border-t border-line-soft px-4 py-2.5 text-xs text-text-2">
      {groups.map(({ pairedBy, of }) => (
        <li key={`${pairedBy} ${of[0]?.tag}`} className="flex items-start gap-1.5">
          <Icon
            name={pairedBy === 'proof' ? 'warn' : 'info'}
            size={14}
            className={`mt-px ${pairedBy === 'proof' ? 'text-warn-text' : 'text-text-3'}`}
          />
          <span className="max-w-[80ch]">
            <span className="font-medium text-text">
              {of.map((step) => step.rollbackFile).join(', ')}
            </span>{' '}
            {of.length === 1 ? 'is' : 'are'} paired {PAIRED_BY[pairedBy].words}.{' '}
            {PAIRED_BY[pairedBy].remark}
          </span>
        </li>
      ))}
    </ul>
  );
}
