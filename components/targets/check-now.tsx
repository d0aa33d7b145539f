'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState, useTransition } from 'react';
import { ActionError, postAction } from '@/components/api/post-action';
import { isPageRefreshHeld, setPageRefresh } from '@/components/targets/page-refresh';
import { Button } from '@/components/ui/button';
import type { Verdict } from '@/lib/core/gates';

/** While a check goes on, the page is read anew this often. */
const REFRESH_MS = 2_000;

export interface CheckNowProps {
  target: string;
  verdict: Verdict;
  /** A check is waiting or going on. */
  checking: boolean;
}

/**
 * Reads the target anew and has the executor look at it: scripts are proven, and the live schema is
 * compared with the files. Who may not ask for that still reads the page anew.
 */
export function CheckNow({ target, verdict, checking }: CheckNowProps) {
  const router = useRouter();
  const [asked, setAsked] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [refreshing, start] = useTransition();

  useEffect(() => {
    setPageRefresh(refreshing);
    return () => setPageRefresh(false);
  }, [refreshing]);

  useEffect(() => {
    if (!checking) return;
    setAsked(false);
    const timer = setInterval(() => {
      if (!isPageRefreshHeld()) start(() => router.refresh());
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [checking, router]);

  async function check() {
    setFailure(null);
    if (!verdict.allowed) {
      router.refresh();
      return;
    }
    setAsked(true);
    try {
      await postAction('check_target', { target });
    } catch (cause) {
      setFailure(
        cause instanceof ActionError ? cause.message : 'The check was not asked for. Try again.',
      );
    } finally {
      setAsked(false);
    }
    router.refresh();
  }

  return (
    <>
      {failure ? (
        <p role="alert" className="text-sm text-danger-text">
          {failure}
        </p>
      ) : null}
      <Button icon="refresh" pending={asked || checking} pendingLabel="Checking" onClick={check}>
        Check now
      </Button>
    </>
  );
}
