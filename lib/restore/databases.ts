import type pg from 'pg';

/** A database of the server, as pg_database tells it. */
export interface ServerDatabase {
  oid: number;
  name: string;
  open: boolean;
  connectionLimit: number;
  /** Others may copy it, and it can't be dropped while it is one. */
  template: boolean;
  owner: string;
  tablespace: string;
  comment: string | null;
  /** Whether the session's role may rename it and open or close it, apart from CREATEDB. */
  owned: boolean;
  bytes: number | null;
  /** The columns that say how text is stored and compared; they differ between versions. */
  text: Record<string, string | number | null>;
}

const DATABASE_SQL = `
  SELECT d.oid::int8 AS oid, d.datname AS name, d.datallowconn AS open, d.datconnlimit AS limit,
         d.datistemplate AS template,
         pg_catalog.pg_get_userbyid(d.datdba) AS owner, t.spcname AS tablespace,
         pg_catalog.shobj_description(d.oid, 'pg_database') AS comment,
         pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owned,
         CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT')
              THEN pg_catalog.pg_database_size(d.oid) END AS bytes,
         pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
         pg_catalog.to_jsonb(d) AS text
    FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace`;

interface DatabaseRow {
  oid: string;
  name: string;
  open: boolean;
  limit: number;
  template: boolean;
  owner: string;
  tablespace: string;
  comment: string | null;
  owned: boolean;
  bytes: string | null;
  encoding: string;
  text: Record<string, string | number | null>;
}

async function find(
  client: pg.ClientBase,
  where: string,
  value: string | number,
): Promise<ServerDatabase | null> {
  const { rows } = await client.query<DatabaseRow>(`${DATABASE_SQL} WHERE ${where}`, [value]);
  const [row] = rows;
  if (!row) return null;
  return {
    oid: Number(row.oid),
    name: row.name,
    open: row.open,
    connectionLimit: row.limit,
    template: row.template,
    owner: row.owner,
    tablespace: row.tablespace,
    comment: row.comment,
    owned: row.owned,
    bytes: row.bytes === null ? null : Number(row.bytes),
    text: { ...row.text, encoding: row.encoding },
  };
}

/** The database with this object id, whatever it is called by now; null when it is gone. */
export const databaseByOid = (client: pg.ClientBase, oid: number): Promise<ServerDatabase | null> =>
  find(client, 'd.oid = $1::int8::oid', oid);

export const databaseByName = (
  client: pg.ClientBase,
  name: string,
): Promise<ServerDatabase | null> => find(client, 'd.datname = $1', name);

/** Names of a swap: who has the target's name, and who gets it. */
export interface Move {
  /** The target's database name. */
  name: string;
  /** Has the name now, and how it is called afterwards. */
  outgoing: { oid: number; becomes: string };
  /** Gets the name, and how it is called until then. */
  incoming: { oid: number; called: string };
}

export type Place =
  /** The outgoing one still has the name. */
  | { kind: 'before'; outgoing: ServerDatabase; incoming: ServerDatabase | null }
  /** The incoming one has it. */
  | { kind: 'after'; outgoing: ServerDatabase | null; incoming: ServerDatabase }
  /** Nobody has it, and the outgoing one is there to take it back. */
  | { kind: 'nobody'; outgoing: ServerDatabase; incoming: ServerDatabase | null }
  /** A database that is neither of the two has it, or both are gone. */
  | { kind: 'elsewhere'; message: string };

/** Asks the server which database has the target's name, by object id. */
export async function placeOf(client: pg.ClientBase, move: Move): Promise<Place> {
  const outgoing = await databaseByOid(client, move.outgoing.oid);
  const incoming = await databaseByOid(client, move.incoming.oid);
  if (outgoing?.name === move.name) return { kind: 'before', outgoing, incoming };
  if (incoming?.name === move.name) return { kind: 'after', outgoing, incoming };
  const holder = await databaseByName(client, move.name);
  if (holder)
    return {
      kind: 'elsewhere',
      message: `The name ${move.name} belongs to a database that this restore knows nothing of (object id ${holder.oid}). Somebody has renamed databases by hand. Look at them, and give the name to the one that shall serve.`,
    };
  if (outgoing) return { kind: 'nobody', outgoing, incoming };
  return {
    kind: 'elsewhere',
    message: `No database is called ${move.name}, and the one that was (object id ${move.outgoing.oid}) is gone. Somebody has dropped it by hand.`,
  };
}
