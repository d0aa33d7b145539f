import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { OWNER_VARIABLE } from './left-programs';

/** libpq's variable for each connection parameter that a target's URL may carry. */
const VARIABLES: Record<string, string> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  requirepeer: 'PGREQUIREPEER',
  gssencmode: 'PGGSSENCMODE',
  krbsrvname: 'PGKRBSRVNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  hostaddr: 'PGHOSTADDR',
  options: 'PGOPTIONS',
};

/** What the programs need of our own environment; everything else, PG* above all, stays out. */
const INHERITED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'KRB5CCNAME',
  'KRB5_CONFIG',
];

const STRICT_IN_DRIVER = new Set(['prefer', 'require', 'verify-ca']);

const CONNECT_TIMEOUT_S = '10';
const PASSWORD_FOLDER_PREFIX = 'backstep-pgpass-';
/** Folders with the list of what pg_restore shall restore. */
export const LIST_FOLDER_PREFIX = 'backstep-toc-';

export interface ConnectionEnvironment {
  variables: NodeJS.ProcessEnv;
  /** Removes the password file. */
  dispose(): Promise<void>;
}

/**
 * For programs that talk to no server.
 * @param executorId marks one that may run for long, as `openConnectionEnvironment` does
 */
export function programEnvironment(executorId?: string): NodeJS.ProcessEnv {
  const variables: Record<string, string> = { LC_ALL: 'C' };
  if (executorId !== undefined) variables[OWNER_VARIABLE] = executorId;
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  return variables as NodeJS.ProcessEnv;
}

/**
 * The environment in which libpq programs reach the database of `url`. The password goes into a file
 * that only we may read, for as long as the program runs: arguments are visible to every user of the
 * machine, and the environment is inherited by whatever the program starts.
 * @param options.executorId names the password file and marks the program, so that those of a killed
 *   executor can be found
 * @throws BackstepError `refused` when libpq cannot carry the password
 */
export async function openConnectionEnvironment(
  url: string,
  options: { executorId: string; applicationName: string },
): Promise<ConnectionEnvironment> {
  // The driver reads the URL, defaults included, so that the program reaches the same database.
  const parsed = new pg.Client({ connectionString: url });
  const variables: Record<string, string | undefined> = {
    ...programEnvironment(),
    PGHOST: parsed.host,
    PGPORT: String(parsed.port),
    PGUSER: parsed.user,
    PGDATABASE: parsed.database,
    PGAPPNAME: options.applicationName,
    PGCONNECT_TIMEOUT: CONNECT_TIMEOUT_S,
    [OWNER_VARIABLE]: options.executorId,
    ...parameters(url),
  };
  const { password } = parsed;
  if (!password) {
    if (process.env.PGPASSFILE) variables.PGPASSFILE = process.env.PGPASSFILE;
    return { variables: variables as NodeJS.ProcessEnv, dispose: async () => {} };
  }
  if (/[\r\n]/.test(password)) {
    throw new BackstepError(
      'refused',
      'The password of this connection contains a line break, which pg_dump and pg_restore cannot be given. Change the password.',
    );
  }
  const folder = await mkdtemp(
    path.join(tmpdir(), `${PASSWORD_FOLDER_PREFIX}${options.executorId}-`),
  );
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    variables.PGPASSFILE = path.join(folder, 'pgpass');
    const escaped = password.replace(/[\\:]/g, '\\$&');
    await writeFile(variables.PGPASSFILE, `*:*:*:*:${escaped}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    await dispose();
    throw error;
  }
  return { variables: variables as NodeJS.ProcessEnv, dispose };
}

function parameters(url: string): Record<string, string> {
  const query = url.indexOf('?');
  const found: Record<string, string> = {};
  if (query < 0) return found;
  for (const [name, value] of new URLSearchParams(url.slice(query + 1))) {
    const variable = VARIABLES[name];
    if (variable) found[variable] = value;
    // Two spellings that only the Node driver knows.
    if (name === 'ssl' && ['true', '1'].includes(value)) found.PGSSLMODE ??= 'require';
  }
  if (found.PGSSLMODE === 'no-verify') found.PGSSLMODE = 'require';
  else if (found.PGSSLMODE && found.PGSSLROOTCERT && !url.includes('uselibpqcompat=true')) {
    // The driver verifies the server's name in every mode that it knows; with an authority's
    // certificate at hand, pg_dump shall not be content with less.
    if (STRICT_IN_DRIVER.has(found.PGSSLMODE)) found.PGSSLMODE = 'verify-full';
  }
  return found;
}

/** Removes the password files, and the lists for pg_restore, that an executor left behind when it was killed. */
export async function removeLeftPasswordFiles(executorId: string): Promise<void> {
  const prefixes = [PASSWORD_FOLDER_PREFIX, LIST_FOLDER_PREFIX].map(
    (prefix) => `${prefix}${executorId}-`,
  );
  for (const name of await readdir(tmpdir())) {
    if (prefixes.some((prefix) => name.startsWith(prefix))) {
      await rm(path.join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}
