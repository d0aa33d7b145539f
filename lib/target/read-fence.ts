import type pg from 'pg';
import { z } from 'zod';
import type { TrackingTable } from './read-tracking';

/** The trigger on the tracking table that refuses newer images. */
const FENCE_TRIGGER = 'backstep_fence';

/** What the fence says of itself, in its trigger's comment. */
export interface LiveFence {
  /** The newest migration that images may contain. */
  headTag: string | null;
  /** Label of the rollback that raised it. */
  rollback: string | null;
}

const comment = z.object({ rollback: z.string().nullish(), head: z.string().nullish() });

// A disabled trigger, or one for replicas only, holds nobody back: that is no fence.
const SQL = `
  SELECT pg_catalog.obj_description(t.oid, 'pg_trigger') AS comment
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND t.tgname = $3
     AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')`;

/** The fence as it stands in the target, or null when none is up. */
export async function readFence(
  client: pg.ClientBase,
  tracking: TrackingTable,
): Promise<LiveFence | null> {
  const result = await client.query<{ comment: string | null }>(SQL, [
    tracking.schema,
    tracking.table,
    FENCE_TRIGGER,
  ]);
  const row = result.rows[0];
  if (!row) return null;
  const said = comment.safeParse(parseJson(row.comment));
  if (!said.success) return { headTag: null, rollback: null };
  return { headTag: said.data.head ?? null, rollback: said.data.rollback ?? null };
}

/** Somebody may have written another comment: then the fence is up and says nothing. */
function parseJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
