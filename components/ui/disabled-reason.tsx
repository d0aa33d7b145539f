import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';

/** Where the reason is printed. 'hidden' is for a page that already prints it beside the button. */
export type ReasonPlacement = 'before' | 'after' | 'below' | 'hidden';

export interface DisabledReasonProps {
  id?: string;
  icon?: IconName;
  children: ReactNode;
  className?: string;
}

/** The line beside a button that says why it cannot be pressed. */
export function DisabledReason({ id, icon = 'info', children, className }: DisabledReasonProps) {
  return (
    <span
      id={id}
      className={classNames('inline-flex items-center gap-1.5 text-xs text-text-2', className)}
    >
      <Icon name={icon} className="text-text-3" />
      <span>{children}</span>
    </span>
  );
}

/** Lays out a control and the reason it is disabled for. */
export function WithReason(props: {
  id: string;
  reason: string;
  placement: ReasonPlacement;
  children: ReactNode;
}) {
  const { id, reason, placement, children } = props;
  if (placement === 'hidden') {
    return (
      <>
        {children}
        <span id={id} hidden>
          {reason}
        </span>
      </>
    );
  }
  const note = <DisabledReason id={id}>{reason}</DisabledReason>;
  return (
    <span
      className={classNames(
        'inline-flex gap-x-3 gap-y-1.5',
        placement === 'below' ? 'flex-col items-start' : 'flex-wrap items-center',
      )}
    >
      {placement === 'before' ? note : null}
      {children}
      {placement === 'before' ? null : note}
    </span>
  );
}
