import { Page } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines, Skeleton } from '@/components/ui/skeleton';

/** The frame of the page while the migration is read. */
export default function MigrationLoading() {
  return (
    <Page>
      <Skeleton className="h-3 w-56" />
      <Skeleton className="mt-2 mb-5 h-6 w-96 max-w-full" />
      <Panel>
        <PanelBody>
          <LoadingLines label="Reading the migration" lines={10} />
        </PanelBody>
      </Panel>
    </Page>
  );
}
