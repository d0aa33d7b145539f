import { Page } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines, Skeleton } from '@/components/ui/skeleton';

const FACTS = ['head', 'server', 'fence', 'coverage'];

/** The frame of the page while folders and database are read. */
export default function TargetLoading() {
  return (
    <>
      <div className="border-b border-line bg-surface">
        <Page className="py-4!">
          <Skeleton className="h-3 w-40" />
          <Skeleton className="mt-2 mb-5 h-6 w-64" />
          <div aria-hidden className="flex flex-wrap gap-8">
            {FACTS.map((fact) => (
              <Skeleton key={fact} className="h-9 w-44" />
            ))}
          </div>
        </Page>
      </div>
      <Page>
        <Panel>
          <PanelBody>
            <LoadingLines label="Reading the migrations" lines={12} />
          </PanelBody>
        </Panel>
      </Page>
    </>
  );
}
