import { connectScratch } from '@/lib/scratch/scratch-database';
import { closeTarget } from '@/lib/target';

/** Taken on the scratch server; any pair that nobody else takes. */
const LOCK = [0x6261_636b, 0x7465_7374];

/**
 * One test restore at a time on a scratch server, also where several installations share it: each copy
 * is as large as a target. The lock goes with the session, and so with the process.
 * @returns how to give the turn back, or undefined when somebody else has it
 * @throws when the scratch server can't be reached
 */
export async function takeServerTurn(
  scratchUrl: string,
): Promise<(() => Promise<void>) | undefined> {
  const holder = await connectScratch(scratchUrl);
  try {
    // A server that ends idle sessions would let the next one in.
    await holder.query(
      "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'idle_session_timeout'",
    );
    const { rows } = await holder.query<{ taken: boolean }>(
      'SELECT pg_catalog.pg_try_advisory_lock($1, $2) AS taken',
      LOCK,
    );
    if (rows[0]?.taken) return () => closeTarget(holder);
  } catch (cause) {
    await closeTarget(holder);
    throw cause;
  }
  await closeTarget(holder);
  return undefined;
}
