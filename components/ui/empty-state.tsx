import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';

export interface EmptyStateProps {
  title: string;
  icon?: IconName;
  /** Why it is empty and what fills it. */
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

/** Says why there is nothing here, and what to do about it. */
export function EmptyState({ title, icon, children, action, className }: EmptyStateProps) {
  return (
    <div className={classNames('flex flex-col items-center px-6 py-10 text-center', className)}>
      {icon ? <Icon name={icon} size={20} className="mb-3 text-text-3" /> : null}
      <p className="font-semibold">{title}</p>
      {children ? <div className="mt-1 max-w-[52ch] text-sm text-text-2">{children}</div> : null}
      {action ? <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
