import pg from 'pg';
import type { MovedSchema } from '@/lib/core/restore';
import type { FollowingExtension } from './examine';

const { escapeIdentifier: id, escapeLiteral: text } = pg;

const rename = (from: string, to: string): string => `ALTER SCHEMA ${id(from)} RENAME TO ${id(to)}`;

/** Which of the two sets has the true names now, and which gets them. */
export type Direction = 'swap' | 'swap_back';

/** The schemas that lose their names. */
export const outgoing = (schemas: readonly MovedSchema[], what: Direction) =>
  schemas.flatMap(({ name, presentOid, newOid, restored, former }) => {
    const oid = what === 'swap' ? presentOid : newOid;
    return oid === null ? [] : [{ oid, name, becomes: what === 'swap' ? former : restored }];
  });

/** The schemas that get them. */
export const incoming = (schemas: readonly MovedSchema[], what: Direction) =>
  schemas.flatMap(({ name, presentOid, newOid, restored, former }) => {
    const oid = what === 'swap' ? newOid : presentOid;
    return oid === null ? [] : [{ oid, name, called: what === 'swap' ? restored : former }];
  });

/** An extension is moved by its name, and goes to whichever schema has the true one by then. */
export const followSql = (extensions: readonly FollowingExtension[]): string[] =>
  extensions.map(({ name, schema }) => `ALTER EXTENSION ${id(name)} SET SCHEMA ${id(schema)}`);

/** Statements of one transaction that give the true names to the other set, and let extensions follow. */
export function moveSql(
  schemas: readonly MovedSchema[],
  what: Direction,
  extensions: readonly FollowingExtension[],
): string[] {
  return [
    ...outgoing(schemas, what).map(({ name, becomes }) => rename(name, becomes)),
    ...incoming(schemas, what).map(({ name, called }) => rename(called, name)),
    ...followSql(extensions),
  ];
}

/** The first half of a restore: the true names become free. */
export const setAsideSql = (schemas: readonly MovedSchema[]): string[] =>
  schemas.flatMap(({ name, presentOid, former }) =>
    presentOid === null ? [] : [rename(name, former)],
  );

/** The second half: what was restored makes room again, before anybody has seen it. */
export function putBackSql(
  schemas: readonly MovedSchema[],
  inBackup: ReadonlySet<string>,
  extensions: readonly FollowingExtension[],
): string[] {
  const formerOf = new Map(schemas.map(({ name, former }) => [name, former]));
  return [
    ...extensions.map(
      ({ name, schema }) =>
        `ALTER EXTENSION ${id(name)} SET SCHEMA ${id(formerOf.get(schema) ?? schema)}`,
    ),
    ...schemas.flatMap(({ name, restored }) =>
      inBackup.has(name) ? [rename(name, restored)] : [],
    ),
    ...schemas.flatMap(({ name, presentOid, former }) =>
      presentOid === null ? [] : [rename(former, name)],
    ),
  ];
}

/** Makes the marker, whose comment says who made the copies and which schemas they are, by object id. */
export function markSql(marker: string, mark: string, schemas: readonly string[]): string[] {
  const names = schemas.map(text).join(', ');
  const body = [
    'DECLARE list text; BEGIN',
    `SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', n.nspname, 'oid', n.oid::int8) ORDER BY n.nspname), '[]')::text`,
    `INTO list FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (ARRAY[${names}]::text[]);`,
    `EXECUTE pg_catalog.format('COMMENT ON SCHEMA %I IS %L', ${text(marker)}, ${text(mark)} || pg_catalog.chr(10) || list);`,
    'END',
  ].join('\n');
  return [`CREATE SCHEMA ${id(marker)}`, `DO LANGUAGE plpgsql ${text(body)}`];
}
