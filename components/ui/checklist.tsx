import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { type Tone, toneIcon, toneText } from '@/components/ui/tone';

export type CheckTone = Tone | 'pending' | 'running';

export interface ChecklistItem {
  id: string;
  tone: CheckTone;
  name: ReactNode;
  /** What was found. */
  evidence?: ReactNode;
  /** The verdict in a word: Passed, Failed, Warning, Not checked. */
  result: string;
  /** How long it took or when it was. */
  duration?: ReactNode;
  icon?: IconName;
  /** Below the line, for example the command that mends it. */
  remedy?: ReactNode;
}

export interface ChecklistProps {
  /** Names the list. */
  label: string;
  items: readonly ChecklistItem[];
  className?: string;
}

const resultColour: Record<CheckTone, string> = {
  ...toneText,
  pending: 'text-text-3',
  running: 'text-info-text',
};

function CheckIcon({ tone, icon }: Pick<ChecklistItem, 'tone' | 'icon'>) {
  if (tone === 'running') return <Spinner className="text-info" />;
  if (tone === 'pending') return <Icon name={icon ?? 'pending'} className="text-text-3" />;
  return <Icon name={icon ?? toneIcon[tone]} className={toneText[tone]} />;
}

/** Checks one below the other: icon, name, evidence, verdict, duration. */
export function Checklist({ label, items, className }: ChecklistProps) {
  return (
    <ul
      aria-label={label}
      className={classNames(
        'text-sm md:grid md:grid-cols-[32px_minmax(0,13fr)_minmax(0,24fr)_auto_auto] md:gap-x-2.5',
        className,
      )}
    >
      {items.map((item) => (
        <li
          key={item.id}
          className="grid min-h-9 grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-2.5 gap-y-0.5 border-b border-line-soft px-4 py-1.5 last:border-b-0 md:col-span-full md:grid-cols-subgrid"
        >
          <CheckIcon tone={item.tone} icon={item.icon} />
          <span
            className={classNames('min-w-0 font-medium', item.tone === 'pending' && 'text-text-2')}
          >
            {item.name}
          </span>
          <span className="min-w-0 wrap-anywhere text-text-2 max-md:order-last max-md:col-span-2 max-md:col-start-2">
            {item.evidence}
          </span>
          <span className={classNames('text-right text-xs font-medium', resultColour[item.tone])}>
            {item.result}
          </span>
          <span className="min-w-13 text-right text-xs whitespace-nowrap text-text-3 tabular-nums max-md:order-last max-md:col-span-2 max-md:col-start-2 max-md:text-left max-md:empty:hidden">
            {item.duration}
          </span>
          {item.remedy ? (
            <div className="order-last [grid-column:2/-1] py-1">{item.remedy}</div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
