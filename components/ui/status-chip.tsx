import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { type ToneOrNeutral, toneIcon, toneSoft, toneText } from '@/components/ui/tone';

export type ChipTone = ToneOrNeutral | 'dashed' | 'accent';

export interface StatusChipProps {
  tone: ChipTone;
  /** Default: the tone's own icon. `null` for none, where the word alone says it. */
  icon?: IconName | null;
  /** Shows the spinner in place of the icon. */
  busy?: boolean;
  /** Icon and word without the box, for tables and facts. */
  bare?: boolean;
  children: ReactNode;
  className?: string;
}

const box: Record<ChipTone, string> = {
  ...toneSoft,
  dashed: 'border-dashed border-line-2 bg-transparent',
  accent: 'border-accent-line bg-accent-soft',
};

const text: Record<ChipTone, string> = {
  ...toneText,
  dashed: 'text-text-2',
  accent: 'text-accent-text',
};

/** A state as icon, word and colour, never colour alone. */
export function StatusChip({
  tone,
  icon,
  busy = false,
  bare = false,
  children,
  className,
}: StatusChipProps) {
  const name = icon === undefined ? defaultIcon(tone) : icon;
  const mark = busy ? (
    <Spinner size={bare ? 16 : 14} />
  ) : name ? (
    <Icon name={name} size={bare ? 16 : 14} />
  ) : null;
  return (
    <span
      className={classNames(
        'inline-flex items-center font-medium align-middle',
        text[tone],
        bare
          ? 'gap-1.5 text-sm'
          : classNames(
              'min-h-[22px] gap-[5px] rounded-md border py-px pr-2 text-xs',
              mark ? 'pl-1.5' : 'pl-2',
              box[tone],
            ),
        className,
      )}
    >
      {mark}
      <span>{children}</span>
    </span>
  );
}

function defaultIcon(tone: ChipTone): IconName | null {
  if (tone === 'dashed') return 'pending';
  if (tone === 'accent' || tone === 'neutral') return null;
  return toneIcon[tone];
}
