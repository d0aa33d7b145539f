import type { IconName } from '@/components/ui/icon';

/** The five semantic families. Each has a solid, a text, a soft and a line colour. */
export type Tone = 'ok' | 'warn' | 'danger' | 'info' | 'unknown';

/** The families, and 'neutral' for what carries no judgement. */
export type ToneOrNeutral = Tone | 'neutral';

export const toneText: Record<ToneOrNeutral, string> = {
  ok: 'text-ok-text',
  warn: 'text-warn-text',
  danger: 'text-danger-text',
  info: 'text-info-text',
  unknown: 'text-unknown-text',
  neutral: 'text-text-2',
};

export const toneSoft: Record<ToneOrNeutral, string> = {
  ok: 'border-ok-line bg-ok-soft',
  warn: 'border-warn-line bg-warn-soft',
  danger: 'border-danger-line bg-danger-soft',
  info: 'border-info-line bg-info-soft',
  unknown: 'border-unknown-line bg-unknown-soft',
  neutral: 'border-line bg-raised',
};

export const toneSolid: Record<ToneOrNeutral, string> = {
  ok: 'bg-ok',
  warn: 'bg-warn',
  danger: 'bg-danger',
  info: 'bg-info',
  unknown: 'bg-unknown',
  neutral: 'bg-line-2',
};

/** The icon a tone has when the caller names none: no state is told by colour alone. */
export const toneIcon: Record<ToneOrNeutral, IconName> = {
  ok: 'ok',
  warn: 'warn',
  danger: 'danger',
  info: 'info',
  unknown: 'unknown',
  neutral: 'circle',
};
