import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

/** A label that is none, or a number that no backup has yet. */
export default function BackupNotFound() {
  return (
    <MessagePage
      embedded
      title="There is no such backup"
      icon="search"
      actions={
        <ButtonLink href="/backups" variant="primary">
          All backups
        </ButtonLink>
      }
    >
      <p>
        Backups are named like B-0001, and what was known of a pruned one stays. Look whether the
        address was cut off, or whether it belongs to another installation of Backstep.
      </p>
    </MessagePage>
  );
}
