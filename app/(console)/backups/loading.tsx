import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines, Skeleton } from '@/components/ui/skeleton';

/** The list's frame while it is read. */
export default function BackupsLoading() {
  return (
    <Page>
      <PageHeader title="Backups" detail="What each target can be brought back from." />
      <div className="flex flex-col gap-3">
        <Skeleton className="h-36 rounded-lg" />
        <Skeleton className="h-8 w-2/3 rounded-md" />
        <Panel>
          <PanelBody>
            <LoadingLines label="Reading the backups" lines={8} />
          </PanelBody>
        </Panel>
      </div>
    </Page>
  );
}
