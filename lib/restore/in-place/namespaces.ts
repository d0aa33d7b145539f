import type pg from 'pg';
import type { MovedSchema } from '@/lib/core/restore';
import { type Direction, incoming, outgoing } from './schema-moves';

/** Object id of the schema with this name; null when there is none. */
export async function namespaceByName(client: pg.ClientBase, name: string): Promise<number | null> {
  const { rows } = await client.query<{ oid: string }>(
    'SELECT n.oid::int8 AS oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1',
    [name],
  );
  return rows[0] ? Number(rows[0].oid) : null;
}

/** Names of schemas by object id, for those that are there. */
export async function namesOfNamespaces(
  client: pg.ClientBase,
  oids: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await client.query<{ oid: string; name: string }>(
    'SELECT n.oid::int8 AS oid, n.nspname AS name FROM pg_catalog.pg_namespace n WHERE n.oid = ANY ($1::int8[]::oid[])',
    [oids],
  );
  return new Map(rows.map(({ oid, name }) => [Number(oid), name]));
}

export type SchemaPlace =
  /** Nothing has moved. */
  | { kind: 'before' }
  /** All has moved. */
  | { kind: 'after' }
  /** Somebody has renamed or dropped schemas by hand. */
  | { kind: 'elsewhere'; message: string };

/** Asks the server which schemas have the true names, by object id: all of one set, or all of the other. */
export async function placeOfSchemas(
  client: pg.ClientBase,
  schemas: readonly MovedSchema[],
  what: Direction,
): Promise<SchemaPlace> {
  const leaving = outgoing(schemas, what);
  const coming = incoming(schemas, what);
  const names = await namesOfNamespaces(
    client,
    [...leaving, ...coming].map(({ oid }) => oid),
  );
  const before = [
    ...leaving.map(({ oid, name }) => ({ oid, name })),
    ...coming.map(({ oid, called }) => ({ oid, name: called })),
  ];
  const after = [
    ...leaving.map(({ oid, becomes }) => ({ oid, name: becomes })),
    ...coming.map(({ oid, name }) => ({ oid, name })),
  ];
  const wrong = (wanted: typeof before) =>
    wanted.filter(({ oid, name }) => names.get(oid) !== name);
  const [notBefore, notAfter] = [wrong(before), wrong(after)];
  if (notBefore.length === 0) return { kind: 'before' };
  if (notAfter.length === 0) return { kind: 'after' };
  const said = (notBefore.length <= notAfter.length ? notBefore : notAfter)
    .slice(0, 5)
    .map(({ oid, name }) => {
      const now = names.get(oid);
      return `${name} (object id ${oid}) ${now === undefined ? 'is gone' : `is called ${now}`}`;
    });
  return {
    kind: 'elsewhere',
    message: `Schemas were renamed or dropped by hand: ${said.join(', ')}. A swap renames all in one transaction, so this is not its doing. Give each the name that it should have, then look again.`,
  };
}
