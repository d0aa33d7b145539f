import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines } from '@/components/ui/skeleton';

/** The frame of a backup while it is read. */
export default function BackupLoading() {
  return (
    <Page>
      <PageHeader title="Backup" crumbs={[{ label: 'Backups', href: '/backups' }]} />
      <Panel>
        <PanelBody>
          <LoadingLines label="Reading the backup" lines={8} />
        </PanelBody>
      </Panel>
    </Page>
  );
}
