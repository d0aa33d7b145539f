import pg from 'pg';
import { refusal } from './errors';

export interface SessionSettings {
  lockTimeoutMs: number;
  statementTimeoutMs: number;
  /** What unqualified names in the scripts resolve against: the target's own default. */
  searchPath: string;
  /** Of a session that nobody else uses between the steps: read at the first, and not again. */
  known?: KnownSession;
}

/** What a session was like before the first script. After each it is put back to that. */
export interface KnownSession {
  found?: { role: string; settings: Record<string, string> };
}

/** Reading a schema takes a fraction of a second, unless somebody holds a table of a view. */
const BETWEEN_STEPS_TIMEOUT = '15s';

/**
 * Settings that hold for the whole session. Each is set again inside every step, because a script may
 * have changed it.
 */
export async function prepareSession(client: pg.ClientBase): Promise<void> {
  await client.query(
    [
      // From PostgreSQL 14 on: a statement whose client has died is ended instead of finished.
      `SELECT pg_catalog.set_config(name, '1s', false) FROM pg_catalog.pg_settings
       WHERE name = 'client_connection_check_interval'`,
      'SET idle_in_transaction_session_timeout = 0',
      // For what is read between the steps; each step sets its own.
      `SET lock_timeout = '${BETWEEN_STEPS_TIMEOUT}'`,
      `SET statement_timeout = '${BETWEEN_STEPS_TIMEOUT}'`,
    ].join(';\n'),
  );
}

/** A session as it stands before a script, and what it is put back to afterwards. */
export interface SessionState {
  /** Settings of the session itself. */
  base: ReadonlyMap<string, string>;
  /** The same with the step's own on top: what a script finds. */
  inside: ReadonlyMap<string, string>;
  role: string;
}

// A transaction's own characteristics end with it, and may not be set once it has begun.
const STATE_SQL = `
  SELECT current_user::text AS role,
         coalesce(pg_catalog.jsonb_object_agg(name, pg_catalog.current_setting(name)), '{}') AS settings,
         coalesce(pg_catalog.jsonb_agg(name) FILTER (WHERE setting = reset_val), '[]') AS as_by_default
  FROM pg_catalog.pg_settings WHERE source = 'session' AND name NOT LIKE 'transaction\\_%'`;

interface StateRow extends NonNullable<KnownSession['found']> {
  /** Names of those that were set to what they would be anyhow. */
  as_by_default: string[];
}

/** The step's settings, by name; for one transaction, or for the session where there is none. */
function stepSettingsSql(settings: SessionSettings, reach: 'transaction' | 'session'): string {
  const local = String(reach === 'transaction');
  const number = (value: number) => String(Math.max(1, Math.trunc(value)));
  const set = (name: string, value: string) =>
    `pg_catalog.set_config('${name}', ${pg.escapeLiteral(value)}, ${local}) AS ${name}`;
  return [
    set('lock_timeout', number(settings.lockTimeoutMs)),
    set('statement_timeout', number(settings.statementTimeoutMs)),
    set('search_path', settings.searchPath),
  ].join(', ');
}

type StepSettingsRow = Record<'lock_timeout' | 'statement_timeout' | 'search_path', string>;

function stateOf(row: KnownSession['found'], own: StepSettingsRow | undefined): SessionState {
  if (!row || !own) throw refusal('The server did not tell the settings of the session.');
  const base = new Map(Object.entries(row.settings));
  const { lock_timeout, statement_timeout, search_path } = own;
  const inside = new Map([
    ...base,
    ...Object.entries({ lock_timeout, statement_timeout, search_path }),
  ]);
  return { base, inside, role: row.role };
}

/**
 * Begins a transaction of a step, with the step's settings. In one message: what a step asks of the
 * server besides its script should take less time than the script.
 * @param first statements that come next in the same message
 * @returns the state, the transaction's id, and the answers to `first`
 */
export async function beginTransaction(
  client: pg.Client,
  settings: SessionSettings,
  first: readonly string[] = [],
): Promise<{ xid: string; state: SessionState; answers: pg.QueryResult[] }> {
  // A role's default may be stricter, and a snapshot from before the lock would not show who migrated
  // while we waited for it.
  const known = settings.known?.found;
  const [, ...begunAnswers] = await several(client, [
    'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
    ...(known ? [] : [STATE_SQL]),
    `SELECT ${stepSettingsSql(settings, 'transaction')}, pg_catalog.txid_current()::text AS xid`,
    ...first,
  ]);
  const found = known ?? (begunAnswers.shift()?.rows[0] as StateRow | undefined);
  const [begun, ...answers] = begunAnswers;
  const own = begun?.rows[0] as (StepSettingsRow & { xid: string }) | undefined;
  if (!own?.xid) throw refusal('The server gave no transaction id.');
  if (settings.known && found) settings.known.found = found;
  return { xid: own.xid, state: stateOf(found, own), answers };
}

/** Gives the session the step's settings, for a statement that runs outside of a transaction. */
export async function settleSession(
  client: pg.Client,
  settings: SessionSettings,
): Promise<SessionState> {
  const state = await client.query<StateRow>(STATE_SQL);
  const own = await client.query<StepSettingsRow>(`SELECT ${stepSettingsSql(settings, 'session')}`);
  return stateOf(state.rows[0], own.rows[0]);
}

/** Whether a statement could have changed a timeout; scripts are refused that do so out of sight. */
export function mentionsTimeout(text: string): boolean {
  return /(lock|statement)_timeout/i.test(text);
}

/** Takes back what a script has loosened of the step's timeouts; what it has tightened stays. */
export function holdTimeoutsSql(
  settings: SessionSettings,
  reach: 'transaction' | 'session',
): string {
  const hold = (name: string, limit: number) => {
    const most = Math.max(1, Math.trunc(limit));
    return `(SELECT pg_catalog.set_config(name, '${most}', ${String(reach === 'transaction')}) FROM pg_catalog.pg_settings
       WHERE name = '${name}' AND setting::bigint NOT BETWEEN 1 AND ${most})`;
  };
  return `SELECT ${hold('lock_timeout', settings.lockTimeoutMs)}, ${hold('statement_timeout', settings.statementTimeoutMs)}`;
}

/**
 * Ends what a script has left in the session, and puts back what it has set. A temporary table would
 * hide the table of the same name from the next script, which then drops the wrong one; a SET without
 * LOCAL would change how the next script is understood. Settings of an application's own (`app.tenant`)
 * are listed nowhere, so everything is reset and the session's own settings are set again.
 * @param settings inside a transaction: the step's, which hold on until its end
 * @returns names of the settings that were not as the script found them
 * @throws when the script has changed the role
 */
export async function restoreSession(
  client: pg.Client,
  state: SessionState,
  settings: SessionSettings | null,
): Promise<string[]> {
  const [left] = await several(client, [STATE_SQL, ...restoreSql(state, settings)]);
  const found = left?.rows[0] as StateRow | undefined;
  assertRole(found, state);
  const after = new Map(Object.entries(found?.settings ?? {}));
  // Between the steps of one transaction the schema is read, which sets what it needs and sets it back.
  for (const name of found?.as_by_default ?? []) if (!state.inside.has(name)) after.delete(name);
  const names = new Set([...after.keys(), ...state.inside.keys()]);
  return [...names].filter((name) => after.get(name) !== state.inside.get(name)).sort();
}

/**
 * The same after a script that can't have set anything: nothing is looked for, which takes longer than to put
 * it back.
 * @param next statements that come after it in the same message
 * @returns the answers to `next`
 */
export async function restoreUntouched(
  client: pg.Client,
  state: SessionState,
  settings: SessionSettings,
  next: readonly string[],
): Promise<pg.QueryResult[]> {
  const restoring = restoreSql(state, settings);
  const [left, ...answers] = await several(client, [
    'SELECT current_user::text AS role',
    ...restoring,
    ...next,
  ]);
  assertRole(left?.rows[0] as { role: string } | undefined, state);
  return answers.slice(answers.length - next.length);
}

function restoreSql(state: SessionState, settings: SessionSettings | null): string[] {
  const again = [...state.base].map(
    ([name, value]) =>
      `pg_catalog.set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, false)`,
  );
  return [
    'CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP; RESET ALL',
    ...(again.length > 0 ? [`SELECT ${again.join(', ')}`] : []),
    ...(settings ? [`SELECT ${stepSettingsSql(settings, 'transaction')}`] : []),
  ];
}

function assertRole(found: { role: string } | undefined, { role }: SessionState): void {
  if (found?.role === role) return;
  throw refusal(`The script changed the role from ${role} to ${found?.role ?? ''}.`);
}

/** Several statements in one message, by the simple protocol: node-postgres gives an answer for each. */
export async function several(
  client: pg.Client,
  statements: readonly string[],
): Promise<pg.QueryResult[]> {
  return (await client.query(statements.join(';\n'))) as unknown as pg.QueryResult[];
}
