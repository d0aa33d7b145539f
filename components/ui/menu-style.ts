/**
 * The sheet of a menu or a list that opens from a button. It stays where the button is in the
 * document, inside its landmark; being fixed, it is not cut off by a box that scrolls.
 */
export const menuClass =
  'z-50 max-h-[min(24rem,var(--radix-popper-available-height,24rem))] min-w-44 overflow-y-auto rounded-lg border border-line-2 bg-surface text-sm shadow-float outline-none';

/** One line of it. Radix marks the one the keyboard or the pointer is on. */
export const menuItemClass =
  'flex min-h-8 cursor-pointer items-center gap-2 rounded-md px-2 text-text no-underline outline-none select-none data-highlighted:bg-sunken data-highlighted:shadow-none data-disabled:cursor-not-allowed data-disabled:text-text-3 max-md:min-h-11';
