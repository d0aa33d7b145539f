import type { ReactNode } from 'react';
import { Brand } from '@/components/shell/brand';
import { Icon, type IconName } from '@/components/ui/icon';
import type { Tone } from '@/components/ui/tone';

export interface MessagePageProps {
  title: string;
  icon: IconName;
  tone?: Tone;
  children: ReactNode;
  actions: ReactNode;
  /** Small print, for example a reference for the log. */
  note?: ReactNode;
  /** Inside the AppShell, which has the name and the main landmark already. */
  embedded?: boolean;
}

const iconLook: Record<Tone, string> = {
  ok: 'border-ok-line bg-ok-soft text-ok-text',
  warn: 'border-warn-line bg-warn-soft text-warn-text',
  danger: 'border-danger-line bg-danger-soft text-danger-text',
  info: 'border-info-line bg-info-soft text-info-text',
  unknown: 'border-unknown-line bg-unknown-soft text-unknown-text',
};

/** A page that has only something to say: not found, failed. */
export function MessagePage({
  title,
  icon,
  tone = 'info',
  children,
  actions,
  note,
  embedded = false,
}: MessagePageProps) {
  const Frame = embedded ? 'div' : 'main';
  return (
    <Frame className="flex min-h-[70dvh] flex-1 items-center justify-center p-6">
      <div className="w-full max-w-[440px]">
        {embedded ? null : <Brand className="mb-8" />}
        <span
          className={`mb-4 flex size-10 items-center justify-center rounded-lg border ${iconLook[tone]}`}
        >
          <Icon name={icon} size={20} />
        </span>
        <h1>{title}</h1>
        <div className="mt-2 flex flex-col gap-2 text-text-2">{children}</div>
        <div className="mt-6 flex flex-wrap gap-2">{actions}</div>
        {note ? <p className="mt-6 border-t border-line pt-4 text-xs text-text-3">{note}</p> : null}
      </div>
    </Frame>
  );
}
