import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

/** A tag that is in neither the folder nor the tracking table, or a target that is not configured. */
export default function MigrationNotFound() {
  return (
    <MessagePage
      embedded
      title="There is no such migration"
      icon="search"
      actions={
        <ButtonLink href="/" variant="primary">
          All targets
        </ButtonLink>
      }
    >
      <p>
        Neither the journal nor the tracking table of this target has it. Migrations are named by
        their tag, like 0032_add_an_index; open the target and choose one from its list.
      </p>
    </MessagePage>
  );
}
