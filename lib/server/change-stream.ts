import { type SQL, sql } from 'drizzle-orm';
import { type Ctx, findBackup, tables } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { parseRestoreLabel } from '@/lib/core/restore';
import { placeOf, type StreamDeps, streamMessages } from './message-stream';

const { backups, fences, restores, restoreSteps, testRestores } = tables;

/** What a page shows, as the rows that it is read from. */
export interface Watched {
  /** As the triggers of the control database notify it. */
  topic: 'backups' | 'restores';
  /** Label of the one that is watched; null for all. */
  name: string | null;
  /** One row for each row: what tells this version of it from every other. */
  rows: SQL;
}

/** PostgreSQL gives every version of a row a writer and a place: another pair is another version. */
const versions = (table: SQL, where: SQL): SQL =>
  sql`SELECT concat_ws(' ', t.tableoid, t.ctid, t.xmin) AS version FROM ${table} t WHERE ${where}`;

/** Every emergency restore, as their list shows them: each status has an event of its own. */
export const watchedRestores = (): Watched => ({
  topic: 'restores',
  name: null,
  rows: sql`SELECT concat_ws(' ', t.id, t.event_seq) AS version FROM ${restores} t`,
});

/** An emergency restore. @throws BackstepError `not_found` for what is no label of one */
export function watchedRestore(label: string): Watched {
  const id = parseRestoreLabel(label);
  if (id === undefined) throw absent(label);
  return {
    topic: 'restores',
    name: label,
    // Without the heartbeat, which comes twice a second and says nothing new.
    rows: sql`SELECT (to_jsonb(t) - 'heartbeat_at')::text AS version FROM ${restores} t WHERE t.id = ${id}
      UNION ALL ${versions(sql`${restoreSteps}`, sql`t.restore_id = ${id}`)}
      UNION ALL ${versions(sql`${fences}`, sql`t.restore_id = ${id}`)}`,
  };
}

/**
 * A backup and the tests of it, or every backup.
 * @throws BackstepError `not_found` for what is no label of one
 */
export function watchedBackups(label: string | null): Watched {
  const id = label === null ? null : findBackup(label);
  return {
    topic: 'backups',
    name: label,
    rows: sql`${versions(sql`${backups}`, id === null ? sql`true` : sql`t.id = ${id}`)}
      UNION ALL ${versions(sql`${testRestores}`, id === null ? sql`true` : sql`t.backup_id = ${id}`)}`,
  };
}

/**
 * Tells a page that what it shows has changed since the version that it has, by `Last-Event-ID` or
 * `?after=`; the page then reads it. Of several changes between two looks, the last one is told.
 * @throws BackstepError `not_found`
 */
export async function streamChanges(
  ctx: Ctx,
  watched: Watched,
  request: Request,
  deps: StreamDeps,
): Promise<Response> {
  const { name, topic } = watched;
  if (name !== null && (await versionOf(ctx, watched.rows)) === '') throw absent(name);
  return streamMessages(
    {
      topic,
      name: name ?? topic,
      from: placeOf(request),
      async read(from) {
        const version = await versionOf(ctx, watched.rows);
        const messages =
          version === from
            ? []
            : [{ place: version, text: () => `id: ${version}\ndata: changed\n\n` }];
        return { messages, more: false };
      },
    },
    request,
    deps,
  );
}

/** Empty where there is nothing. */
async function versionOf(ctx: Pick<Ctx, 'db'>, rows: SQL): Promise<string> {
  const { rows: found } = await ctx.db.execute<{ version: string | null }>(
    sql`SELECT md5(string_agg(v.version, ',' ORDER BY v.version)) AS version FROM (${rows}) v`,
  );
  return found[0]?.version ?? '';
}

const absent = (label: string): BackstepError =>
  new BackstepError('not_found', `${label} does not exist.`);
