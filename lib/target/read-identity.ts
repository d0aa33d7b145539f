import type pg from 'pg';

/** Which database this is, and as whom we are there. */
export interface DatabaseIdentity {
  /** Of the cluster, from initdb; decimal. Copies made by dump and restore have another one. */
  systemIdentifier: string;
  name: string;
  /** 150018 for 15.18. */
  serverVersionNum: number;
  /** `15.18`, without the packager's addition. */
  serverVersion: string;
  /** A standby: nothing can be written there. */
  inRecovery: boolean;
  user: string;
}

const SQL = `
  SELECT system_identifier::text AS system_identifier,
         pg_catalog.current_database() AS name,
         pg_catalog.current_setting('server_version_num')::int AS version_num,
         pg_catalog.current_setting('server_version') AS version,
         pg_catalog.pg_is_in_recovery() AS in_recovery,
         current_user::text AS "user"
    FROM pg_catalog.pg_control_system()`;

/** Reads the identity of the database that the client is connected to. */
export async function readIdentity(client: pg.ClientBase): Promise<DatabaseIdentity> {
  const result = await client.query<{
    system_identifier: string;
    name: string;
    version_num: number;
    version: string;
    in_recovery: boolean;
    user: string;
  }>(SQL);
  const row = result.rows[0];
  if (!row) throw new Error('pg_control_system() gave no row');
  return {
    systemIdentifier: row.system_identifier,
    name: row.name,
    serverVersionNum: row.version_num,
    serverVersion: row.version.split(' ')[0] ?? row.version,
    inRecovery: row.in_recovery,
    user: row.user,
  };
}
