import { type Control, openControl } from '@/lib/control';
import { DEFAULT_POLICY, type TargetConfig } from '@/lib/core/policy';
import { openRunSession, type RunSession } from './run-session';
import type { WatchTimes } from './session-watch';

/** A run's session on a database of a test, without a rollback. The database stands for control, too. */
export interface WatchedSession {
  session: RunSession;
  close(): Promise<void>;
}

/** @param url where the session goes; through a proxy, where the test has one */
export async function watchedSession(
  database: { url: string },
  url = database.url,
  times?: WatchTimes,
): Promise<WatchedSession> {
  const control: Control = openControl(database.url, { max: 1 });
  try {
    const session = await openRunSession(control, targetAt(url), 7, 1, times);
    return {
      session,
      async close() {
        await session.close();
        await control.close();
      },
    };
  } catch (cause) {
    await control.close();
    throw cause;
  }
}

function targetAt(url: string): TargetConfig {
  return {
    name: 'watched',
    environment: 'development',
    url,
    readUrl: url,
    migrations: '/nowhere',
    rollbacks: '/nowhere',
    rollbackPattern: undefined,
    tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
    foundation: undefined,
    bootstrap: undefined,
    policy: DEFAULT_POLICY,
    releases: [],
  };
}
