'use client';

import { useEffect } from 'react';
import { MessagePage } from '@/components/shell/message-page';
import { Button } from '@/components/ui/button';
import { ButtonLink } from '@/components/ui/button-link';
import { CopyButton } from '@/components/ui/copy-button';

export interface PageErrorProps {
  error: Error & { digest?: string };
  reset: () => void;
}

export default function PageError({ error, reset }: PageErrorProps) {
  useEffect(() => {
    console.error(error);
  }, [error]);

  return (
    <MessagePage
      title="This page could not be shown"
      icon="danger"
      tone="danger"
      actions={
        <>
          <Button variant="primary" icon="refresh" onClick={reset}>
            Try again
          </Button>
          <ButtonLink href="/">All targets</ButtonLink>
        </>
      }
      note={
        error.digest ? (
          <>
            Reference <code className="text-text-2">{error.digest}</code>
            <CopyButton text={error.digest} what="reference" className="ml-1" />
            <br />
            The server log has the cause under this reference.
          </>
        ) : null
      }
    >
      <p>
        Something failed while Backstep put it together. A rollback that is running is not touched
        by this: another process runs it, and it goes on or stops by its own rules.
      </p>
      <p>
        If you had just pressed a button, look at the rollback or the history before you press it
        again: it may have worked.
      </p>
    </MessagePage>
  );
}
