import { MessagePage } from '@/components/shell/message-page';
import { ButtonLink } from '@/components/ui/button-link';

/** A label that is none, or a number that no rollback has yet. */
export default function RoomNotFound() {
  return (
    <MessagePage
      embedded
      title="There is no such rollback"
      icon="search"
      actions={
        <>
          <ButtonLink href="/rollbacks" variant="primary">
            All rollbacks
          </ButtonLink>
          <ButtonLink href="/">All targets</ButtonLink>
        </>
      }
    >
      <p>
        Rollbacks are named like RB-0001, and none is ever deleted. Look whether the address was cut
        off, or whether it belongs to another installation of Backstep.
      </p>
    </MessagePage>
  );
}
