import { sql } from 'drizzle-orm';
import type { Ctx } from '@/lib/control';
import type { Actor, Role } from '@/lib/core/actor';

/** A working shift. */
export const SESSION_HOURS = 12;
/** A laptop left open does not stay signed in over a meal. */
const IDLE_MINUTES = 30;

const SESSION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Anything else is no session, and would be an error of the database. */
export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

/**
 * The person behind a session, as the database knows them now: a role that was taken away is gone with
 * the next call. Using a session keeps it awake; that is written at most once a minute.
 * @param touch false for what happens by itself, such as an open event stream: it is no use by a person
 * @returns undefined when the session is over, by age, idleness, revocation or a disabled person
 */
export async function resumeSession(
  ctx: Pick<Ctx, 'db'>,
  sessionId: string,
  options: { touch: boolean } = { touch: true },
): Promise<Extract<Actor, { kind: 'user' }> | undefined> {
  if (!isSessionId(sessionId)) return undefined;
  const result = await ctx.db.execute<{
    id: string;
    name: string;
    email: string;
    role: Role;
    stale: boolean;
  }>(sql`
    SELECT u.id, u.name, u.email, u.role,
           s.last_seen_at < clock_timestamp() - interval '1 minute' AS stale
    FROM backstep.sessions s JOIN backstep.users u ON u.id = s.user_id
    WHERE s.id = ${sessionId}::uuid AND s.revoked_at IS NULL AND u.disabled_at IS NULL
      AND s.created_at > clock_timestamp() - make_interval(hours => ${SESSION_HOURS})
      AND s.last_seen_at > clock_timestamp() - make_interval(mins => ${IDLE_MINUTES})`);
  const row = result.rows[0];
  if (!row) return undefined;
  if (options.touch && row.stale) {
    await ctx.db.execute(
      sql`UPDATE backstep.sessions SET last_seen_at = clock_timestamp() WHERE id = ${sessionId}::uuid`,
    );
  }
  return { kind: 'user', id: row.id, name: row.name, email: row.email, role: row.role };
}
