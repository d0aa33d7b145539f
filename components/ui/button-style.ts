import { classNames } from '@/components/ui/class-names';

export type ButtonVariant = 'primary' | 'default' | 'danger' | 'danger-outline' | 'quiet' | 'icon';

export type ButtonSize = 'md' | 'lg';

const base =
  'inline-flex shrink-0 cursor-pointer items-center justify-center gap-1.5 rounded-md border text-sm font-medium leading-none whitespace-nowrap no-underline select-none';

const enabled: Record<ButtonVariant, string> = {
  primary:
    'border-[color-mix(in_srgb,var(--accent)_82%,#000)] bg-accent text-on-accent shadow-primary hover:bg-accent-hover',
  default: 'border-line-2 bg-surface text-text shadow-rest hover:bg-hover',
  danger:
    'border-[color-mix(in_srgb,var(--danger-solid)_82%,#000)] bg-danger-solid text-on-danger hover:bg-danger-solid-hover',
  'danger-outline':
    'border-danger-line bg-surface text-danger-text shadow-rest hover:bg-danger-soft',
  quiet: 'border-transparent bg-transparent text-text-2 hover:bg-sunken hover:text-text',
  icon: 'border-transparent bg-transparent text-text-3 hover:bg-sunken hover:text-text',
};

const disabled = 'cursor-not-allowed border-line bg-sunken text-text-3 shadow-none';
const disabledFlat = 'cursor-not-allowed border-transparent bg-transparent text-text-3';

/** Classes of a button. `inert` is the look of aria-disabled, not of a click that is under way. */
export function buttonClass(options: {
  variant?: ButtonVariant;
  size?: ButtonSize;
  inert?: boolean;
  className?: string;
}): string {
  const { variant = 'default', size = 'md', inert = false, className } = options;
  const flat = variant === 'quiet' || variant === 'icon';
  const box =
    variant === 'icon'
      ? size === 'lg'
        ? 'size-9 max-md:size-11'
        : 'size-8 max-md:size-10'
      : size === 'lg'
        ? 'h-9 px-4 max-md:h-11'
        : 'h-8 px-3 max-md:h-10';
  return classNames(
    base,
    box,
    inert ? (flat ? disabledFlat : disabled) : enabled[variant],
    className,
  );
}
