import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines, Skeleton } from '@/components/ui/skeleton';

/** The list's frame while it is read. */
export default function RollbacksLoading() {
  return (
    <Page>
      <PageHeader
        title="Rollbacks"
        detail="What was asked for, who decides, and how each run ended."
      />
      <div className="flex flex-col gap-3">
        <Skeleton className="h-9 w-2/3" />
        <Skeleton className="h-8 w-3/4 rounded-md" />
        <Panel>
          <PanelBody>
            <LoadingLines label="Reading the rollbacks" lines={8} />
          </PanelBody>
        </Panel>
      </div>
    </Page>
  );
}
