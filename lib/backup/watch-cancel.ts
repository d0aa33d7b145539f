import type { Ctx } from '@/lib/control';
import { type ClaimedBackup, cancelRequest } from './backup-record';

const LOOK_EVERY_MS = 1_000;

/** Somebody may want a backup to end that is being taken. */
export interface CancelWatch {
  /** Aborted within a second or so of the request. */
  signal: AbortSignal;
  /** Who has asked for it; null while nobody has. */
  by(): string | null;
  end(): Promise<void>;
}

/** Looks whether a person has asked for the end of this backup, for as long as it is taken. */
export function watchCancel(ctx: Ctx, claim: ClaimedBackup): CancelWatch {
  const cancelled = new AbortController();
  let by: string | null = null;
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    // A control database that is away for a moment is asked again.
    by = await cancelRequest(ctx, claim).catch(() => null);
    if (by !== null) cancelled.abort();
    else if (!over) again();
  };
  const again = () => {
    timer = setTimeout(() => {
      looking = look();
    }, LOOK_EVERY_MS);
  };
  again();
  return {
    signal: cancelled.signal,
    by: () => by,
    async end() {
      over = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
