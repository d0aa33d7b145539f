import type pg from 'pg';

const RIGHTS_SQL = `
  SELECT r.rolsuper OR r.rolcreatedb AS createdb,
         pg_catalog.pg_has_role(d.datdba, 'USAGE') AS owns,
         current_user::text AS role, pg_catalog.pg_get_userbyid(d.datdba) AS owner,
         pg_catalog.pg_database_size(d.oid)::text AS bytes
    FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
   WHERE r.rolname = current_user AND d.datname = pg_catalog.current_database()`;

/** What the role of a target may do with databases of its server. */
export interface Rights {
  createdb: boolean;
  owns: boolean;
  role: string;
  owner: string;
  bytes: string;
}

/** @param client on the target's database, with `url`: what its role may do is what counts */
export async function readRights(client: pg.Client): Promise<Rights> {
  const { rows } = await client.query<Rights>(RIGHTS_SQL);
  const [row] = rows;
  if (!row) throw new Error('the server told nothing of the role');
  return row;
}
