import { classNames } from '@/components/ui/class-names';

export const lineListClass =
  '-ml-2.5 flex gap-1 overflow-x-auto overflow-y-clip border-b border-line';

export const lineTabClass = classNames(
  'relative focus-visible:-outline-offset-2 flex h-9 max-md:h-11 shrink-0 items-center gap-1.5 px-2.5 text-sm font-medium text-text-2 no-underline hover:text-text',
  'after:absolute after:inset-x-2.5 after:-bottom-px after:h-0.5 after:rounded-full',
  'aria-selected:text-text aria-selected:after:bg-accent',
  'aria-[current]:text-text aria-[current]:after:bg-accent',
);

export const segmentListClass =
  'inline-flex max-w-full gap-0.5 overflow-x-auto rounded-md bg-seg p-0.5 shadow-[inset_0_0_0_1px_var(--line-soft)]';

export const segmentClass = classNames(
  'flex h-6 shrink-0 items-center justify-center gap-1.5 rounded-sm px-[9px] text-xs font-medium text-text-2 hover:text-text',
  'aria-selected:bg-seg-on aria-selected:text-text aria-selected:shadow-[0_0_0_1px_var(--line),var(--elevation-rest)]',
  'aria-checked:bg-seg-on aria-checked:text-text aria-checked:shadow-[0_0_0_1px_var(--line),var(--elevation-rest)]',
  'focus-visible:-outline-offset-2 max-md:h-10',
);
