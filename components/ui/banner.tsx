import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { type ToneOrNeutral, toneIcon, toneSoft } from '@/components/ui/tone';

export interface BannerProps {
  tone: ToneOrNeutral;
  title: ReactNode;
  icon?: IconName;
  /** Controls at the end; below the text on a phone. */
  action?: ReactNode;
  children?: ReactNode;
  /** 'alert' speaks at once: only for failed and unknown. 'status' waits for a pause. */
  role?: 'alert' | 'status';
  className?: string;
}

const iconColour: Record<ToneOrNeutral, string> = {
  ok: 'text-ok',
  warn: 'text-warn',
  danger: 'text-danger',
  info: 'text-info',
  unknown: 'text-unknown',
  neutral: 'text-text-3',
};

/** A sentence that a tired person should see first, with what to do about it. */
export function Banner({ tone, title, icon, action, children, role, className }: BannerProps) {
  return (
    <div
      role={role}
      className={classNames(
        'flex flex-wrap items-start gap-x-3 gap-y-3 rounded-lg border px-4 py-3',
        tone === 'neutral' ? 'border-line bg-surface' : toneSoft[tone],
        className,
      )}
    >
      <Icon name={icon ?? toneIcon[tone]} className={classNames('mt-0.5', iconColour[tone])} />
      <div className="min-w-0 flex-1 basis-48">
        <p className="font-semibold">{title}</p>
        {children ? <div className="mt-0.5 text-sm text-text-2">{children}</div> : null}
      </div>
      {action ? (
        <div className="flex shrink-0 flex-wrap items-center gap-2 max-md:w-full max-md:pl-7">
          {action}
        </div>
      ) : null}
    </div>
  );
}
