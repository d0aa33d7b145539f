import { classNames } from '@/components/ui/class-names';

/** The place of something that is on its way. It does not shimmer. Give it a size by class. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classNames('block rounded-sm bg-line-soft', className)} />;
}

/** A page or panel on its way: what is awaited, in sight and announced once. */
export function LoadingLines({ label, lines = 3 }: { label: string; lines?: number }) {
  const widths = ['w-2/5', 'w-4/5', 'w-3/5', 'w-2/3'];
  return (
    <div role="status" className="flex flex-col gap-3">
      <span className="text-xs text-text-2">{label}</span>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: identical lines in a fixed order
        <Skeleton key={index} className={classNames('h-4', widths[index % widths.length])} />
      ))}
    </div>
  );
}
