import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

/** A name that is no target of the configuration, or is none any more. */
export default function RestoreTargetNotFound() {
  return (
    <MessagePage
      embedded
      title="There is no such target"
      icon="search"
      actions={
        <>
          <ButtonLink href="/restore" variant="primary">
            Choose a target
          </ButtonLink>
          <ButtonLink href="/backups">All backups</ButtonLink>
        </>
      }
    >
      <p>
        The link may be cut off, or the target was taken out of the configuration file. Its backups
        stay where they are: put the target back to restore one of them here.
      </p>
    </MessagePage>
  );
}
