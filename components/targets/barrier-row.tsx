import Link from 'next/link';
import { Icon } from '@/components/ui/icon';
import { TD, TR } from '@/components/ui/table';

/** Where the way back ends. */
export interface Barrier {
  key: string;
  number: string;
  message: string;
  /** The floor of the target, as configured: an end by intent, not a lack. */
  intended: boolean;
  /** Where the way that goes further begins. */
  restoreHref: string;
}

/** Below this line nothing can be reached, and why. */
export function BarrierRow({ barrier, colSpan }: { barrier: Barrier; colSpan: number }) {
  return (
    <TR
      tone={barrier.intended ? undefined : 'danger'}
      className={barrier.intended ? '[&>td]:bg-raised' : undefined}
    >
      <TD className="px-0!">
        <span className="flex justify-center">
          <Icon
            name={barrier.intended ? 'lock' : 'danger'}
            className={barrier.intended ? 'text-text-3' : 'text-danger-text'}
          />
        </span>
      </TD>
      <TD colSpan={colSpan - 1} className="h-12! max-md:pl-1!">
        <b className="font-semibold">The chain stops at {barrier.number}.</b>{' '}
        <span className={barrier.intended ? 'text-text-2' : undefined}>{barrier.message}</span>{' '}
        <Link href={barrier.restoreHref} className="link">
          Emergency restore
        </Link>
      </TD>
    </TR>
  );
}
