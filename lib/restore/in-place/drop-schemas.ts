import type pg from 'pg';
import { installationId } from '@/lib/control';
import { markerSchema } from '@/lib/core/restore';
import { markOf } from '../create-copy';
import type { RestoreFacts } from '../restore-facts';
import type { RestoreRecord } from '../restore-record';
import { dropAlone } from './drop-alone';
import { namesOfNamespaces, namespaceByName } from './namespaces';
import { incoming, outgoing } from './schema-moves';

interface Marked {
  name: string;
  oid: number;
}

/**
 * Drops what a restore in place has made and nobody uses: the schemas that its marker names, by object id
 * and by the names that they have out of use. What carries a true name by now, or was renamed, stays.
 * @returns why something of the marker's name was left alone; null when nothing of the restore is left
 */
export async function dropSchemaCopy(
  record: RestoreRecord,
  client: pg.ClientBase,
  { row }: Pick<RestoreFacts, 'row'>,
): Promise<string | null> {
  const marker = markerSchema(row);
  const comment = await commentOf(client, marker);
  if (comment === undefined) return unmarked(client, row);
  const mark = markOf(await installationId(record.ctx), record.label);
  const [said, list] = (comment ?? '').split('\n');
  if (said !== mark || list === undefined)
    return `The schema ${marker} does not say that this restore has made it. It was left alone; drop it by hand if nobody needs it.`;
  const marked = JSON.parse(list) as Marked[];
  const names = await namesOfNamespaces(
    client,
    marked.map(({ oid }) => oid),
  );
  const ours = marked.flatMap(({ oid, name }) => (names.get(oid) === name ? [name] : []));
  await record.act('drop_new', 'drop_schemas', ours.join(', ') || marker, () =>
    dropAlone(client, [...ours, marker]),
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
async function commentOf(client: pg.ClientBase, name: string): Promise<string | null | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment
       FROM pg_catalog.pg_namespace n WHERE n.nspname = $1`,
    [name],
  );
  return rows[0]?.comment;
}

/**
 * Drops the schemas that are kept since a swap, or since a swap back.
 * @returns their names
 * @throws Error when they are in use, were renamed by hand, or are all that there is
 */
export async function dropKeptSchemas(
  record: RestoreRecord,
  client: pg.ClientBase,
  { row }: Pick<RestoreFacts, 'row'>,
): Promise<string[]> {
  const what = row.status === 'swapped' ? 'swap' : 'swap_back';
  const kept = outgoing(row.schemas ?? [], what);
  const names = await namesOfNamespaces(
    client,
    kept.map(({ oid }) => oid),
  );
  const there: string[] = [];
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
    there.push(becomes);
  }
  if (there.length > 0)
    await record.act('drop_former', 'drop_schemas', there.join(', '), () =>
      dropAlone(client, there),
    );
  return there;
}
