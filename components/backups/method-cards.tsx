'use client';

import { RadioGroup } from 'radix-ui';
import { classNames } from '@/components/ui/class-names';
import { StatusChip } from '@/components/ui/status-chip';
import type { BackupMethod, BackupPolicy } from '@/lib/core/backup';
import { methodWords } from './backup-words';

export interface MethodCardsProps {
  policy: Pick<BackupPolicy, 'methods' | 'second_person'>;
  value: BackupMethod;
  onValueChange: (method: BackupMethod) => void;
}

/** The ways to take a backup that the policy allows. A radio group: arrow keys choose. */
export function MethodCards({ policy, value, onValueChange }: MethodCardsProps) {
  return (
    <RadioGroup.Root
      aria-label="How the next backup is taken"
      value={value}
      onValueChange={(next) => {
        const chosen = policy.methods.find((method) => method === next);
        if (chosen) onValueChange(chosen);
      }}
      className="grid gap-3 md:auto-cols-fr md:grid-flow-col"
    >
      {policy.methods.map((method) => {
        const { title, detail, note, noteTone } = methodWords(method, policy);
        return (
          <RadioGroup.Item
            key={method}
            value={method}
            className={classNames(
              'group flex items-start gap-2.5 rounded-lg border border-line bg-surface px-4 py-3.5 text-left shadow-rest hover:bg-hover',
              'aria-checked:border-accent aria-checked:bg-surface aria-checked:shadow-[0_0_0_1px_var(--accent)]',
            )}
          >
            <span
              aria-hidden
              className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-field group-aria-checked:border-accent group-aria-checked:bg-accent"
            >
              <span className="size-1.5 rounded-full group-aria-checked:bg-on-accent" />
            </span>
            <span className="flex min-w-0 flex-1 flex-col items-start gap-2 self-stretch">
              <span>
                <span className="block text-sm font-semibold">{title}</span>
                <span className="mt-0.5 block text-xs text-text-2">{detail}</span>
              </span>
              <StatusChip
                tone={noteTone}
                className="mt-auto"
                {...(noteTone === 'neutral' ? { icon: 'info' as const } : {})}
              >
                {note}
              </StatusChip>
            </span>
          </RadioGroup.Item>
        );
      })}
    </RadioGroup.Root>
  );
}
