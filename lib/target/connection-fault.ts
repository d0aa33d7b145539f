import { BackstepError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import { addressOf } from './address';
import { redact } from './redact';
import { SQLSTATE, sqlstateOf } from './sqlstate';

/** Which of a target's two connection strings was used, for the sentence. */
export type ConnectionPurpose = 'read' | 'write';

type Addressed = Pick<TargetConfig, 'name' | 'url' | 'readUrl'>;

export function urlFor(target: Pick<TargetConfig, 'url' | 'readUrl'>, purpose: ConnectionPurpose) {
  return purpose === 'read' ? target.readUrl : target.url;
}

const BY_SQLSTATE: Record<string, (key: string) => [why: string, remedy: string]> = {
  [SQLSTATE.invalidPassword]: (key) => [
    'the server refused the user or the password',
    `Check user and password in \`${key}\`.`,
  ],
  [SQLSTATE.invalidAuthorization]: (key) => [
    'the server does not let this user in from here',
    `Check the user in \`${key}\`, the server's pg_hba.conf, and whether it demands TLS (add ?sslmode=verify-full).`,
  ],
  [SQLSTATE.invalidCatalogName]: (key) => [
    'the server has no database of that name',
    `Check the last part of \`${key}\`.`,
  ],
  [SQLSTATE.insufficientPrivilege]: () => [
    'the user may not connect to this database',
    'Grant it CONNECT on the database.',
  ],
  [SQLSTATE.tooManyConnections]: () => [
    'the server has no connection left',
    'Close some, or raise max_connections, and try again.',
  ],
  [SQLSTATE.cannotConnectNow]: () => [
    'the server is starting, stopping or recovering',
    'Wait until it accepts connections, then try again.',
  ],
  [SQLSTATE.adminShutdown]: () => [
    'the server ended the connection',
    'See whether it was restarted, then try again.',
  ],
  [SQLSTATE.crashShutdown]: () => [
    'the server ended the connection after a crash of another process',
    "Look at the server's log, then try again.",
  ],
  [SQLSTATE.databaseDropped]: () => [
    'the database was dropped while it was read',
    'Check that this is the right database.',
  ],
};

const BY_NODE_CODE: Record<string, (key: string) => [why: string, remedy: string]> = {
  ECONNREFUSED: () => [
    'the connection was refused',
    'Check that PostgreSQL runs there and listens on this port.',
  ],
  ENOTFOUND: (key) => ['this host name is not known', `Check the host in \`${key}\`.`],
  EAI_AGAIN: () => [
    'the name server did not answer',
    'Check the network and DNS of this machine, then try again.',
  ],
  ETIMEDOUT: () => [
    'nothing answered in time',
    'Check the network and the firewall between this machine and the server.',
  ],
  EHOSTUNREACH: () => [
    'there is no route to this host',
    'Check the network between this machine and the server.',
  ],
  ENETUNREACH: () => [
    'there is no route to this network',
    'Check the network between this machine and the server.',
  ],
  ECONNRESET: () => [
    'the connection was cut',
    'Check that the port belongs to PostgreSQL and that no proxy closes it, then try again.',
  ],
  EPIPE: () => ['the connection was cut', 'Try again; look at the server when it happens anew.'],
  ENOENT: (key) => ['this socket does not exist', `Check the socket folder in \`${key}\`.`],
  EACCES: () => ['this socket may not be opened', 'Check the rights of the socket folder.'],
};

const tls = (key: string): [string, string] => [
  'its TLS certificate could not be verified',
  `Give the authority's certificate in \`${key}\` (sslrootcert=/path/to/ca.pem), and use the host name that the certificate is for.`,
];

/** What pg and Node say without any code. These are not errors of the server. */
const BY_TEXT: [RegExp, (key: string) => [why: string, remedy: string]][] = [
  [
    /timeout|timed out/i,
    () => [
      'nothing answered in time',
      'Check the network and the firewall between this machine and the server.',
    ],
  ],
  [
    /does not support SSL/i,
    (key) => ['the server offers no TLS', `Remove sslmode from \`${key}\`, or switch TLS on.`],
  ],
  [
    /password must be a (non-empty )?string/i,
    (key) => ['the server asks for a password and none is given', `Add it to \`${key}\`.`],
  ],
  [
    /Connection terminated|not queryable|Client was closed/i,
    () => ['the connection was cut', 'Look whether the server was restarted, then try again.'],
  ],
];

function explain(error: unknown, key: string): [why: string, remedy: string] | undefined {
  if (!(error instanceof Error)) return undefined;
  const sqlstate = sqlstateOf(error);
  if (sqlstate) return BY_SQLSTATE[sqlstate]?.(key);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (BY_NODE_CODE[code]) return BY_NODE_CODE[code](key);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|TLS|EPROTO/.test(code)) return tls(key);
  return BY_TEXT.find(([pattern]) => pattern.test(error.message))?.[1](key);
}

/** True when an error says that the connection, not the statement, is at fault. */
export function isConnectionFault(error: unknown): boolean {
  // Inside a session 42501 is about an object; only while connecting it is about the database.
  return sqlstateOf(error) !== SQLSTATE.insufficientPrivilege && explain(error, '') !== undefined;
}

/**
 * A connection that could not be made or broke, as a refusal that names the address, the reason and
 * what to check. The original error goes along as its cause, without any password.
 */
export function targetUnreachable(
  target: Addressed,
  purpose: ConnectionPurpose,
  error: unknown,
): BackstepError {
  const key = purpose === 'read' && target.readUrl !== target.url ? 'read_url' : 'url';
  const secrets = [target.url, target.readUrl];
  const text = redact(error instanceof Error ? error.message : String(error), secrets);
  const [why, remedy] = explain(error, key) ?? [
    `connecting failed (${text || 'no reason was given'})`,
    `Check \`${key}\` of the target.`,
  ];
  const cause = new Error(text);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return new BackstepError(
    'target_unreachable',
    `'${target.name}' can’t be reached at ${addressOf(urlFor(target, purpose))}: ${why}. ${remedy}`,
    { cause: Object.assign(cause, { code }), details: { target: target.name } },
  );
}
