import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

/** A name that the configuration does not have, or a migration that the target does not have. */
export default function TargetNotFound() {
  return (
    <MessagePage
      embedded
      title="There is no such target"
      icon="search"
      actions={
        <>
          <ButtonLink href="/" variant="primary">
            All targets
          </ButtonLink>
          <ButtonLink href="/settings">What is configured</ButtonLink>
        </>
      }
    >
      <p>
        Targets are named in the configuration file. This one is not in it, or not any more; its
        rollbacks stay in the history.
      </p>
    </MessagePage>
  );
}
