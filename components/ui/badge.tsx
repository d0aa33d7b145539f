import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';

export type BadgeKind = 'production' | 'staging' | 'development';

export interface BadgeProps {
  kind: BadgeKind;
  /** Default: the kind itself. */
  children?: ReactNode;
  className?: string;
}

const look: Record<BadgeKind, string> = {
  production: 'border-ink bg-ink text-on-ink',
  staging: 'border-line-2 text-text-2',
  development: 'border-dashed border-line-2 text-text-2',
};

/** Which environment this is. Production is the only solid one, so that it stands out. */
export function Badge({ kind, children, className }: BadgeProps) {
  return (
    <span
      className={classNames(
        'inline-flex h-5 items-center gap-[5px] rounded-sm border px-[7px] text-2xs font-semibold tracking-[0.01em] whitespace-nowrap align-middle',
        look[kind],
        className,
      )}
    >
      {kind === 'production' ? <Icon name="shield" size={12} /> : null}
      {children ?? kind}
    </span>
  );
}
