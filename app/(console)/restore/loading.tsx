import { Page, PageHeader } from '@/components/shell/page';
import { Panel, PanelBody } from '@/components/ui/panel';
import { LoadingLines } from '@/components/ui/skeleton';

/** The beginning of a restore while the target is asked: it may take seconds to answer. */
export default function RestoreStartLoading() {
  return (
    <>
      <PageHeader look="bar" title="Emergency restore" />
      <Page>
        <Panel>
          <PanelBody>
            <LoadingLines label="Asking for backups, and the target for what it holds" lines={8} />
          </PanelBody>
        </Panel>
      </Page>
    </>
  );
}
