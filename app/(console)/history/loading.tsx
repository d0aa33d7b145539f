import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines, Skeleton } from '@/components/ui/skeleton';

/** The history's frame while it is read. */
export default function HistoryLoading() {
  return (
    <Page>
      <PageHeader title="History" detail="Every act and every refusal. Rows are only ever added." />
      <div className="flex flex-col gap-3">
        <Skeleton className="h-16 rounded-lg" />
        <Skeleton className="h-8 w-3/4 rounded-md" />
        <Panel>
          <PanelBody>
            <LoadingLines label="Reading the history" lines={10} />
          </PanelBody>
        </Panel>
      </div>
    </Page>
  );
}
