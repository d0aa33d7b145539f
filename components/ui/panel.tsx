import type { ComponentPropsWithRef, ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { type Tone, toneText } from '@/components/ui/tone';

export interface PanelProps extends ComponentPropsWithRef<'section'> {
  /** Colours the hairline, for the one panel that asks for attention. */
  tone?: Tone;
}

const toneBorder: Record<Tone, string> = {
  ok: 'border-ok-line',
  warn: 'border-warn-line',
  danger: 'border-danger-line',
  info: 'border-info-line',
  unknown: 'border-unknown-line',
};

/** A card: header, body, footer, each optional. Give it aria-label or aria-labelledby to make it a region. */
export function Panel({ tone, className, ...rest }: PanelProps) {
  return (
    <section
      {...rest}
      className={classNames(
        'min-w-0 overflow-clip rounded-lg border bg-surface shadow-rest',
        tone ? toneBorder[tone] : 'border-line',
        className,
      )}
    />
  );
}

export interface PanelHeaderProps {
  title: ReactNode;
  /** Set on the heading, for the panel's aria-labelledby. */
  titleId?: string;
  /** A short line beside the title. */
  detail?: ReactNode;
  icon?: IconName;
  iconTone?: Tone;
  /** Chips beside the title. */
  status?: ReactNode;
  /** Controls at the end of the line. */
  actions?: ReactNode;
  level?: 2 | 3;
  className?: string;
}

export function PanelHeader({
  title,
  titleId,
  detail,
  icon,
  iconTone,
  status,
  actions,
  level = 2,
  className,
}: PanelHeaderProps) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <div
      className={classNames(
        'flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2',
        className,
      )}
    >
      {icon ? <Icon name={icon} className={iconTone ? toneText[iconTone] : 'text-text-3'} /> : null}
      <Heading id={titleId} className="text-base">
        {title}
      </Heading>
      {status}
      {detail ? <span className="min-w-0 text-xs text-text-2">{detail}</span> : null}
      {actions ? <div className="ml-auto flex items-center gap-2">{actions}</div> : null}
    </div>
  );
}

export interface PanelSectionProps {
  children: ReactNode;
  className?: string;
}

export function PanelBody({ children, className }: PanelSectionProps) {
  return <div className={classNames('p-4', className)}>{children}</div>;
}

export function PanelFooter({ children, className }: PanelSectionProps) {
  return (
    <div
      className={classNames(
        'flex min-h-11 flex-wrap items-center gap-x-3 gap-y-2 border-t border-line bg-raised px-4 py-2 text-sm',
        className,
      )}
    >
      {children}
    </div>
  );
}
