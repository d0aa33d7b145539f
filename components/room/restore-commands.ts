/** How to bring a dump back without Backstep, into a database that does not exist yet. */
export interface RestoreCommands {
  database: string;
  create: string;
  restore: string;
}

/** As many as most servers take without harm; a person can change the number. */
const JOBS = 2;

/**
 * @param address `host:port/database`, without user and password
 * @param backup label and folder of the dump
 */
export function restoreCommands(
  address: string,
  backup: { label: string; location: string },
): RestoreCommands {
  const { host, port, database } = splitAddress(address);
  const name = `${database}_restore_${backup.label.toLowerCase().replace(/[^a-z0-9]/g, '')}`;
  const connection = [host && `--host=${quote(host)}`, port && `--port=${port}`].filter(Boolean);
  return {
    database: name,
    create: ['createdb', ...connection, '--template=template0', quote(name)].join(' '),
    restore: [
      'pg_restore',
      ...connection,
      `--dbname=${quote(name)}`,
      `--jobs=${JOBS}`,
      '--exit-on-error',
      quote(backup.location),
    ].join(' '),
  };
}

function splitAddress(address: string): { host: string; port: string; database: string } {
  const slash = address.indexOf('/');
  const server = slash < 0 ? '' : address.slice(0, slash);
  const database = slash < 0 ? address : address.slice(slash + 1);
  const match = /^(.*?)(?::(\d+))?$/.exec(server);
  return {
    host: (match?.[1] ?? '').replace(/^\[(.*)\]$/, '$1'),
    port: match?.[2] ?? '',
    database: database || 'database',
  };
}

/** For a POSIX shell; plain words stay as they are. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
