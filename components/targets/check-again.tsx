'use client';

import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { Button } from '@/components/ui/button';

/** Reads the target anew. */
export function CheckAgain() {
  const router = useRouter();
  const [pending, start] = useTransition();
  return (
    <Button
      icon="refresh"
      pending={pending}
      pendingLabel="Checking"
      onClick={() => start(() => router.refresh())}
    >
      Check again
    </Button>
  );
}
