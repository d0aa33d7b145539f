import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines } from '@/components/ui/skeleton';

/** The frame of a restore's room while it is read. */
export default function RestoreLoading() {
  return (
    <Page>
      <PageHeader
        title="Emergency restore"
        crumbs={[{ label: 'Emergency restores', href: '/restore' }]}
      />
      <Panel>
        <PanelBody>
          <LoadingLines label="Reading the restore" lines={8} />
        </PanelBody>
      </Panel>
    </Page>
  );
}
