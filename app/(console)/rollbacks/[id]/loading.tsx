import { LoadingLines, Skeleton } from '@/components/ui/skeleton';

const STEPS = ['plan', 'preview', 'backup', 'approval', 'run', 'verify'];

/** The room's frame while it is read. */
export default function RoomLoading() {
  return (
    <>
      <div className="flex min-h-18 flex-col justify-center gap-2 border-b border-line bg-surface px-6 py-3 max-md:px-4">
        <Skeleton className="h-3 w-48" />
        <Skeleton className="h-5 w-64" />
      </div>
      <div className="relative flex flex-1 flex-col lg:grid lg:grid-cols-[212px_minmax(0,1fr)]">
        <div
          aria-hidden
          className="flex flex-col gap-7 border-line bg-surface p-6 max-lg:hidden lg:border-r"
        >
          {STEPS.map((step) => (
            <span key={step} className="flex items-center gap-3">
              <Skeleton className="size-6 rounded-full" />
              <Skeleton className="h-4 w-24" />
            </span>
          ))}
        </div>
        <div className="px-6 pt-5 pb-6 max-md:px-4 max-md:pt-3 xl:pr-77">
          <div className="rounded-lg border border-line bg-surface p-4">
            <LoadingLines label="Reading the rollback" lines={8} />
          </div>
        </div>
        <div
          aria-hidden
          className="absolute inset-y-0 right-0 flex w-71 flex-col gap-6 border-l border-line bg-surface p-5 max-xl:hidden"
        >
          {STEPS.map((step) => (
            <Skeleton key={step} className="h-8 w-4/5" />
          ))}
        </div>
      </div>
    </>
  );
}
