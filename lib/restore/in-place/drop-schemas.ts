import type pg from 'pg';
import { installationId } from '@/lib/control';
import type { TargetConfig } from '@/lib/core/policy';
import { markerSchema } from '@/lib/core/restore';
import { closeTarget, openTarget } from '@/lib/target';
import { markOf } from '../create-copy';
import { restoreApplication } from '../maintenance';
import type { RestoreFacts } from '../restore-facts';
import type { RestoreRecord } from '../restore-record';
import { type DroppedSchema, dropAlone } from './drop-alone';
import { namesOfNamespaces, namespaceByName } from './namespaces';
import { incoming, outgoing } from './schema-moves';

/**
 * Drops what a restore in place has made and nobody uses: the schemas that its marker names, by object id
 * and by the names that they have out of use. What carries a true name by now, or was renamed, stays.
 * @returns why something of the marker's name was left alone; null when nothing of the restore is left
 */
export async function dropSchemaCopy(
  record: RestoreRecord,
  client: pg.ClientBase,
  { row, target }: Pick<RestoreFacts, 'row' | 'target'>,
): Promise<string | null> {
  const marker = markerSchema(row);
  const found = await markerIn(client, marker);
  if (found === undefined) return unmarked(client, row);
  const mark = markOf(await installationId(record.ctx), record.label);
  const [said, list] = (found.comment ?? '').split('\n');
  if (said !== mark || list === undefined)
    return `The schema ${marker} does not say that this restore has made it. It was left alone; drop it by hand if nobody needs it.`;
  const marked = JSON.parse(list) as DroppedSchema[];
  const names = await namesOfNamespaces(
    client,
    marked.map(({ oid }) => oid),
  );
  const ours = marked.filter(({ oid, name }) => names.get(oid) === name);
  await record.act('drop_new', 'drop_schemas', namesOf(ours) || marker, () =>
    dropWatched(record, client, target, [...ours, { name: marker, oid: found.oid }]),
  );
  return null;
}

/** Without the marker nothing says any more that the copies are ours alone. */
async function unmarked(
  client: pg.ClientBase,
  { schemas }: RestoreFacts['row'],
): Promise<string | null> {
  const copies = incoming(schemas ?? [], 'swap');
  const names = await namesOfNamespaces(
    client,
    copies.map(({ oid }) => oid),
  );
  const left = copies.flatMap(({ oid, called }) => (names.get(oid) === called ? [called] : []));
  if (left.length === 0) return null;
  return `The schema that said which others this restore has made is gone, so ${left.join(', ')} ${left.length === 1 ? 'was' : 'were'} left alone. Drop by hand what nobody needs.`;
}

/** Undefined: there is no such schema. */
async function markerIn(
  client: pg.ClientBase,
  name: string,
): Promise<{ oid: number; comment: string | null } | undefined> {
  const { rows } = await client.query<{ oid: string; comment: string | null }>(
    `SELECT n.oid::int8 AS oid, pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment
       FROM pg_catalog.pg_namespace n WHERE n.nspname = $1`,
    [name],
  );
  return rows[0] && { oid: Number(rows[0].oid), comment: rows[0].comment };
}

/** With a second session of this restore on the database, for as long as the drop takes. */
async function dropWatched(
  record: RestoreRecord,
  client: pg.ClientBase,
  target: TargetConfig,
  schemas: readonly DroppedSchema[],
): Promise<void> {
  const applicationName = await restoreApplication(record.ctx, record.owner);
  const watcher = await openTarget(target, 'write', { applicationName });
  try {
    await dropAlone({ client, watcher }, schemas);
  } finally {
    await closeTarget(watcher);
  }
}

const namesOf = (schemas: readonly DroppedSchema[]): string =>
  schemas.map(({ name }) => name).join(', ');

/**
 * Drops the schemas that are kept since a swap, or since a swap back.
 * @returns their names
 * @throws Error when they are in use, were renamed by hand, or are all that there is
 */
export async function dropKeptSchemas(
  record: RestoreRecord,
  client: pg.ClientBase,
  { row, target }: Pick<RestoreFacts, 'row' | 'target'>,
): Promise<string[]> {
  const what = row.status === 'swapped' ? 'swap' : 'swap_back';
  const kept = outgoing(row.schemas ?? [], what);
  const names = await namesOfNamespaces(
    client,
    kept.map(({ oid }) => oid),
  );
  const there: DroppedSchema[] = [];
  for (const { oid, name, becomes } of kept) {
    const now = names.get(oid);
    if (now === undefined) continue;
    if (now === name)
      throw new Error(
        `${becomes} is called ${name}: it is what the target is served from, and is not dropped.`,
      );
    if (now !== becomes)
      throw new Error(
        `The schema ${becomes} was renamed by hand to ${now}. Drop it by hand if nobody needs it.`,
      );
    const replaced = (row.schemas ?? []).some(
      (schema) =>
        schema.name === name && (what === 'swap' ? schema.newOid : schema.presentOid) !== null,
    );
    if (replaced && (await namespaceByName(client, name)) === null)
      throw new Error(
        `No schema is called ${name}: what is kept may be all that there is of it. Look at the database, and drop it by hand if nobody needs it.`,
      );
    there.push({ name: becomes, oid });
  }
  if (there.length > 0)
    await record.act('drop_former', 'drop_schemas', namesOf(there), () =>
      dropWatched(record, client, target, there),
    );
  return there.map(({ name }) => name);
}
