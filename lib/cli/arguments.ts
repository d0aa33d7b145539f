import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { GRADES, type Grade } from '@/lib/core/proof';

/** A command line that can't be carried out as it stands. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `check` and `prove` have in common. */
export interface FolderArguments {
  /** Absolute. */
  migrations: string;
  /** Absolute; undefined: scripts beside or below the migrations. */
  rollbacks: string | undefined;
  pattern: string | undefined;
  tracking: { schema: string; table: string };
  /** Tag or number of the oldest migration that needs a script. */
  from: string | undefined;
  json: boolean;
}

export interface CheckArguments extends FolderArguments {
  command: 'check';
}

export interface ProveArguments extends FolderArguments {
  command: 'prove';
  /** Absolute. */
  bootstrap: string | undefined;
  /** Tags or numbers; undefined: all. */
  only: string[] | undefined;
  /** Undefined: an embedded server, started for this and removed afterwards. */
  server: string | undefined;
  /** Grades that do not fail the command although the policy blocks them. */
  allow: Grade[];
}

export interface AuditVerifyArguments {
  command: 'audit verify';
  /** Absolute; `-` is standard input. */
  file: string;
  /** The file may be a part of the history. */
  part: boolean;
  /** A row's hash that was kept elsewhere. */
  head: string | undefined;
  json: boolean;
}

export type Arguments =
  | CheckArguments
  | ProveArguments
  | AuditVerifyArguments
  | { command: 'help' }
  | { command: 'version' };

const FOLDER_OPTIONS = {
  migrations: { type: 'string' },
  rollbacks: { type: 'string' },
  pattern: { type: 'string' },
  tracking: { type: 'string' },
  from: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const PROVE_OPTIONS = {
  ...FOLDER_OPTIONS,
  bootstrap: { type: 'string' },
  only: { type: 'string' },
  server: { type: 'string' },
  allow: { type: 'string' },
} as const;

const AUDIT_OPTIONS = {
  part: { type: 'boolean' },
  head: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const USAGE = `Usage:
  backstep check --migrations DIR [--rollbacks DIR] [--from TAG] [--json]
      Which migrations have a rollback script, which scripts belong to none, and what in them is
      refused or dangerous. Needs no database. Ends with 1 when a migration has no script, or one
      that is refused or ambiguous.

  backstep prove --migrations DIR [--rollbacks DIR] [--bootstrap FILE.sql] [--only TAG,...] [--json]
      Applies each migration to a scratch database, undoes it, compares, applies it again. Ends with
      1 when a grade is one that the policy blocks.

  backstep audit verify FILE [--part] [--head HASH] [--json]
      Whether an export of the history, in JSON lines, is as it was written: no row changed, moved,
      put in or taken out. Needs neither Backstep's database nor its server. FILE may be - for
      standard input. Ends with 1 when it is not.

Options:
  --migrations DIR     drizzle's folder: with meta/_journal.json, or with <timestamp>_name/migration.sql
  --rollbacks DIR      the scripts; left out: beside or below the migrations
  --pattern PATTERN    how scripts are named, such as {tag}.down.sql; left out: found out
  --tracking NAME      drizzle's tracking table; default drizzle.__drizzle_migrations
  --from TAG           the oldest migration that needs a script; older ones are not asked for
  --json               the report as JSON on standard output, and nothing else there
prove only:
  --bootstrap FILE     SQL that runs first on each scratch database: roles, schemas, extensions
  --only TAG,...       prove these migrations only; the others are applied
  --server URL         a PostgreSQL server where databases may be created; left out: an embedded one
  --allow GRADE,...    grades that shall not fail: ${GRADES.join(', ')}
audit verify only:
  --part               the export was made with a filter: rows in between and at the end may be
                       missing, and each row that is there is verified
  --head HASH          the hash of a row, kept elsewhere: that row must be in the file

Ends with 0 when all is well, 1 when it is not, 2 when it could not be found out.
`;

/**
 * Reads a command line.
 * @param cwd relative paths are meant from here
 * @throws UsageError
 */
export function readArguments(argv: readonly string[], cwd: string): Arguments {
  const [command, ...rest] = argv;
  if (command === undefined || command === 'help' || command === '--help' || command === '-h')
    return { command: 'help' };
  if (command === 'version' || command === '--version') return { command: 'version' };
  if (command === 'check') {
    const values = parse(rest, FOLDER_OPTIONS);
    if (values.help) return { command: 'help' };
    return { command, ...folders(values, cwd) };
  }
  if (command === 'prove') {
    const values = parse(rest, PROVE_OPTIONS);
    if (values.help) return { command: 'help' };
    return {
      command,
      ...folders(values, cwd),
      bootstrap: values.bootstrap === undefined ? undefined : path.resolve(cwd, values.bootstrap),
      only: values.only === undefined ? undefined : listed('only', values.only),
      server: values.server === undefined ? undefined : serverUrl(values.server),
      allow: values.allow === undefined ? [] : grades(values.allow),
    };
  }
  if (command === 'audit') return auditVerify(rest, cwd);
  throw new UsageError(
    `There is no command '${command}'. There are check, prove and audit verify.`,
  );
}

function auditVerify(args: readonly string[], cwd: string): Arguments {
  const [verb, ...rest] = args;
  if (verb === '--help' || verb === '-h') return { command: 'help' };
  if (verb !== 'verify') {
    throw new UsageError(
      verb === undefined
        ? 'audit needs to know what to do: audit verify FILE.'
        : `There is no command 'audit ${verb}'. There is audit verify.`,
    );
  }
  const { values, positionals } = parsed({
    args: rest,
    options: AUDIT_OPTIONS,
    strict: true,
    allowPositionals: true,
  });
  if (values.help) return { command: 'help' };
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError(
      'audit verify takes one file: an export of the history, or - for standard input.',
    );
  }
  return {
    command: 'audit verify',
    file: file === '-' ? file : path.resolve(cwd, file),
    part: values.part === true,
    head: values.head === undefined ? undefined : hashOf(values.head),
    json: values.json === true,
  };
}

function hashOf(text: string): string {
  const hash = text.trim().toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new UsageError('--head takes the hash of a row: 64 characters of 0-9 and a-f.');
}

function parse<O extends typeof FOLDER_OPTIONS>(args: readonly string[], options: O) {
  return parsed({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

function parsed<C extends ParseArgsConfig>(config: C) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function folders(
  values: {
    migrations?: string | undefined;
    rollbacks?: string | undefined;
    pattern?: string | undefined;
    tracking?: string | undefined;
    from?: string | undefined;
    json?: boolean | undefined;
  },
  cwd: string,
): FolderArguments {
  if (!values.migrations) {
    throw new UsageError('--migrations is missing: the folder that drizzle-kit generates into.');
  }
  return {
    migrations: path.resolve(cwd, values.migrations),
    rollbacks: values.rollbacks === undefined ? undefined : path.resolve(cwd, values.rollbacks),
    pattern: values.pattern === undefined ? undefined : patternOf(values.pattern),
    tracking: trackingOf(values.tracking ?? 'drizzle.__drizzle_migrations'),
    from: values.from,
    json: values.json === true,
  };
}

/** What stays in braces otherwise would fit no file, and every script would be missing. */
function patternOf(pattern: string): string {
  const rest = pattern.replaceAll('{tag}', '').replaceAll('{number}', '');
  if (rest !== pattern && !/[{}]/.test(rest)) return pattern;
  throw new UsageError(`--pattern ${pattern} needs {tag} or {number}, and no other braces.`);
}

function trackingOf(name: string): FolderArguments['tracking'] {
  const [schema, table, ...more] = name.split('.');
  if (schema && table && more.length === 0) return { schema, table };
  throw new UsageError(`--tracking ${name} is not of the form schema.table.`);
}

function listed(option: string, text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > 0) return items;
  throw new UsageError(`--${option} names nothing.`);
}

function grades(text: string): Grade[] {
  return listed('allow', text).map((item) => {
    const grade = GRADES.find((one) => one === item);
    if (grade) return grade;
    throw new UsageError(`--allow ${item} is no grade. There are ${GRADES.join(', ')}.`);
  });
}

function serverUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (['postgres:', 'postgresql:'].includes(protocol)) return text;
  // The text may hold a password.
  throw new UsageError('--server is not a URL like postgres://user:password@host:5432/postgres.');
}
