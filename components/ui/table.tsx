import type { ComponentPropsWithRef, ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { ScrollRegion } from '@/components/ui/scroll-region';

export interface TableProps extends ComponentPropsWithRef<'table'> {
  /** Names the table and, on a narrow screen, the region that scrolls. */
  label: string;
  /** Below this width the table scrolls sideways instead of squeezing, for example '44rem'. */
  minWidth?: string;
}

/** A table in a box that scrolls sideways when it must. Put it into a Panel for the frame. */
export function Table({ label, minWidth, className, style, ...rest }: TableProps) {
  return (
    <ScrollRegion label={label} className="overflow-y-clip">
      <table
        {...rest}
        aria-label={label}
        className={classNames('w-full border-collapse text-sm', className)}
        style={{ minWidth, ...style }}
      />
    </ScrollRegion>
  );
}

export function THead({ className, ...rest }: ComponentPropsWithRef<'thead'>) {
  return <thead {...rest} className={className} />;
}

export function TBody({ className, ...rest }: ComponentPropsWithRef<'tbody'>) {
  return <tbody {...rest} className={classNames('[&>tr:last-child>*]:border-b-0', className)} />;
}

export interface TRProps extends ComponentPropsWithRef<'tr'> {
  /** The row shown in a side panel or chosen: tinted, with a mark at its start. */
  selected?: boolean;
  /** The row reacts to a click. The control for the keyboard is inside it. */
  interactive?: boolean;
  tone?: 'warn' | 'danger' | 'accent' | 'muted';
}

const rowTone: Record<NonNullable<TRProps['tone']>, string> = {
  warn: '[&>td]:bg-[color-mix(in_srgb,var(--warn-soft)_62%,var(--surface))]',
  danger: '[&>td]:texture-barrier [&>td]:border-danger-line',
  accent: '[&>td]:bg-accent-soft [&>td]:border-accent-line',
  muted: 'text-text-3',
};

export function TR({ selected, interactive, tone, className, ...rest }: TRProps) {
  return (
    <tr
      {...rest}
      data-selected={selected || undefined}
      className={classNames(
        selected
          ? '[&>td]:bg-accent-soft [&>td:first-child]:shadow-[inset_2px_0_0_var(--accent)]'
          : interactive && !tone && 'hover:[&>td]:bg-hover',
        interactive && 'cursor-pointer',
        tone && !selected && rowTone[tone],
        className,
      )}
    />
  );
}

type CellAlign = 'start' | 'end';

export interface THProps extends Omit<ComponentPropsWithRef<'th'>, 'align'> {
  align?: CellAlign;
}

export function TH({ align = 'start', scope = 'col', className, ...rest }: THProps) {
  return (
    <th
      {...rest}
      scope={scope}
      className={classNames(
        'h-8 border-b border-line px-3 text-xs font-medium whitespace-nowrap text-text-3',
        align === 'end' ? 'text-right' : 'text-left',
        className,
      )}
    />
  );
}

export interface TDProps extends Omit<ComponentPropsWithRef<'td'>, 'align'> {
  align?: CellAlign;
  /** Digits of equal width, for columns of numbers. */
  numeric?: boolean;
}

export function TD({ align = 'start', numeric, className, ...rest }: TDProps) {
  return (
    <td
      {...rest}
      className={classNames(
        'h-10 border-b border-line-soft px-3 py-1.5 align-middle',
        align === 'end' && 'text-right',
        numeric && 'tabular-nums whitespace-nowrap',
        className,
      )}
    />
  );
}

export interface GroupRowProps {
  colSpan: number;
  children: ReactNode;
  /** Low for a day in a list, tall for a folded group with controls. */
  size?: 'low' | 'tall';
}

/** A line across the table that heads the rows below it. */
export function GroupRow({ colSpan, children, size = 'low' }: GroupRowProps) {
  return (
    <tr>
      <th
        scope="colgroup"
        colSpan={colSpan}
        className={classNames(
          'border-b border-line-soft bg-raised px-3 text-left font-medium text-text-2',
          size === 'low' ? 'h-7 text-xs' : 'h-11 text-sm',
        )}
      >
        {children}
      </th>
    </tr>
  );
}
