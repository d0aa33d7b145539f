import type pg from 'pg';

export interface SessionSettings {
  lockTimeoutMs: number;
  statementTimeoutMs: number;
  /** What unqualified names in the scripts resolve against: the target's own default. */
  searchPath: string;
}

/** Reading a schema takes a fraction of a second, unless somebody holds a table of a view. */
const BETWEEN_STEPS_TIMEOUT = '15s';

/**
 * Settings that hold for the whole session. Each is set again inside every step, because a script may
 * have changed it.
 */
export async function prepareSession(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ has: boolean }>(
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'client_connection_check_interval') AS has",
  );
  // From PostgreSQL 14 on: a statement whose client has died is ended instead of finished.
  if (rows[0]?.has) await client.query("SET client_connection_check_interval = '1s'");
  await client.query('SET idle_in_transaction_session_timeout = 0');
  // For what is read between the steps; each step sets its own.
  await client.query(`SET lock_timeout = '${BETWEEN_STEPS_TIMEOUT}'`);
  await client.query(`SET statement_timeout = '${BETWEEN_STEPS_TIMEOUT}'`);
}

/** Statements at the start of a step's transaction. */
export function stepSettingsSql(settings: SessionSettings): string {
  const number = (value: number) => String(Math.max(1, Math.trunc(value)));
  return [
    `SELECT pg_catalog.set_config('lock_timeout', '${number(settings.lockTimeoutMs)}', true)`,
    `pg_catalog.set_config('statement_timeout', '${number(settings.statementTimeoutMs)}', true)`,
    `pg_catalog.set_config('search_path', $1, true)`,
    `pg_catalog.txid_current()::text AS xid`,
  ].join(', ');
}

/** Whether a statement could have changed a timeout; scripts are refused that do so out of sight. */
export function mentionsTimeout(text: string): boolean {
  return /(lock|statement)_timeout/i.test(text);
}

/** Takes back what a script has loosened of the step's timeouts; what it has tightened stays. */
export function holdTimeoutsSql(settings: SessionSettings): string {
  const hold = (name: string, limit: number) => {
    const most = Math.max(1, Math.trunc(limit));
    return `(SELECT pg_catalog.set_config(name, '${most}', true) FROM pg_catalog.pg_settings
       WHERE name = '${name}' AND setting::bigint NOT BETWEEN 1 AND ${most})`;
  };
  return `SELECT ${hold('lock_timeout', settings.lockTimeoutMs)}, ${hold('statement_timeout', settings.statementTimeoutMs)}`;
}

/** Session settings by name, to see what a script has left behind. */
export async function readSessionSettings(client: pg.ClientBase): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    "SELECT name, pg_catalog.current_setting(name) AS setting FROM pg_catalog.pg_settings WHERE source = 'session'",
  );
  return new Map(rows.map((row) => [row.name, row.setting]));
}

/**
 * Ends what a script has left in the session. A temporary table above all: it would hide the table of
 * the same name from the next script, which then drops the wrong one.
 */
export async function dropSessionObjects(client: pg.ClientBase): Promise<void> {
  await client.query('CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP');
}

/**
 * Puts back what a script has set, and tells the names. A SET without LOCAL would otherwise outlive
 * its step and change how the next script is understood.
 */
export async function resetLeakedSettings(
  client: pg.ClientBase,
  before: Map<string, string>,
): Promise<string[]> {
  const after = await readSessionSettings(client);
  const leaked: string[] = [];
  for (const [name, setting] of after) {
    if (before.get(name) === setting) continue;
    leaked.push(name);
    const original = before.get(name);
    if (original === undefined) await client.query(`RESET ${name.replace(/[^\w.]/g, '')}`);
    else await client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, original]);
  }
  for (const [name, setting] of before) {
    if (after.has(name)) continue;
    leaked.push(name);
    await client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, setting]);
  }
  return leaked.sort();
}
