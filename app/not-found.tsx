import type { Metadata } from 'next';
import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <MessagePage
      title="There is no page at this address"
      icon="search"
      actions={
        <>
          <ButtonLink href="/" variant="primary">
            All targets
          </ButtonLink>
          <ButtonLink href="/history">Search the history</ButtonLink>
        </>
      }
    >
      <p>
        The link may be cut off, or the target was taken out of the configuration file. Rollbacks,
        backups and their events are never deleted: the history finds them by number.
      </p>
    </MessagePage>
  );
}
