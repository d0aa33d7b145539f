import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { TD } from '@/components/ui/table';

/** What the chosen rollback does with a row, or where the row is when nothing is chosen. */
export type RailPlace = 'undone' | 'destination' | 'applied' | 'out-of-reach' | 'not-applied';

/** The first cell: a chain of dots that shows what is undone, down to the destination. */
export function RailMark({ place }: { place: RailPlace }) {
  return (
    <TD aria-hidden className="relative w-14 px-0! py-0! text-center max-md:w-10">
      <span
        className={classNames(
          'absolute left-1/2 w-0 -translate-x-1/2 border-l-2',
          place === 'destination' ? 'top-0 bottom-1/2' : '-top-px -bottom-px',
          place === 'undone' || place === 'destination'
            ? 'border-warn'
            : place === 'applied'
              ? 'border-line-2'
              : 'border-dotted border-line-2',
        )}
      />
      <span className="relative inline-flex align-middle">
        {place === 'undone' ? (
          <span className="flex size-5 items-center justify-center rounded-full bg-warn text-on-warn">
            <Icon name="undo" size={12} />
          </span>
        ) : place === 'destination' ? (
          <span className="flex size-5 items-center justify-center rounded-full bg-accent">
            <span className="size-2 rounded-full bg-on-accent" />
          </span>
        ) : (
          <span
            className={classNames(
              'size-3 rounded-full border-2 bg-surface',
              place === 'not-applied' ? 'border-dashed border-field' : 'border-line-2',
              place === 'applied' && 'bg-sunken',
            )}
          />
        )}
      </span>
    </TD>
  );
}
