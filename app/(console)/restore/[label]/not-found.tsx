import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

/** A label that is none, or a number that no emergency restore has yet. */
export default function RestoreNotFound() {
  return (
    <MessagePage
      embedded
      title="There is no such emergency restore"
      icon="search"
      actions={
        <ButtonLink href="/restore" variant="primary">
          All emergency restores
        </ButtonLink>
      }
    >
      <p>
        They are named like ER-0001, and none is ever deleted. Look whether the address was cut off,
        or whether it belongs to another installation of Backstep.
      </p>
    </MessagePage>
  );
}
