import type { CopyStmt, Node } from 'libpg-query';
import { stringsOf } from '../syntax-tree';
import type { Refused, Rule } from './rule';

const forbidden = (message: string): Refused => ({ code: 'forbidden_statement', message });

/** These reach beyond the database, or beyond what one transaction can take back. */
const BY_KIND: Record<string, string> = {
  CreatedbStmt: 'CREATE DATABASE is refused: a rollback changes one database only.',
  DropdbStmt: 'DROP DATABASE is refused: a rollback never removes a database.',
  AlterDatabaseStmt: 'ALTER DATABASE is refused: a rollback changes what is inside the database.',
  AlterSystemStmt: 'ALTER SYSTEM is refused: it changes the whole server and cannot be undone.',
  CreateTableSpaceStmt: 'CREATE TABLESPACE is refused: tablespaces belong to the whole server.',
  DropTableSpaceStmt: 'DROP TABLESPACE is refused: tablespaces belong to the whole server.',
  LoadStmt: 'LOAD is refused: it brings foreign code into the server.',
};

/** Functions whose effect stays when the step is undone, or hits other sessions. */
const FUNCTIONS: Record<string, string> = {
  pg_terminate_backend: 'it ends other sessions. End blockers from the run’s page instead.',
  pg_cancel_backend: 'it cancels other sessions. End blockers from the run’s page instead.',
  pg_advisory_unlock_all: 'it would give away the lock that keeps a second run out.',
  pg_reload_conf: 'it changes the whole server.',
  dblink: 'what it does on another connection is not undone with the step.',
  dblink_exec: 'what it does on another connection is not undone with the step.',
  dblink_connect: 'what it does on another connection is not undone with the step.',
  dblink_connect_u: 'what it does on another connection is not undone with the step.',
  dblink_send_query: 'what it does on another connection is not undone with the step.',
  lo_export: 'it writes files on the server.',
  pg_file_write: 'it writes files on the server.',
};

export const forbiddenStatements: Rule = ({ kind, node }) => {
  if (!node) return undefined;
  const message = BY_KIND[kind];
  if (message) return forbidden(message);
  if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_DATABASE') {
    return forbidden('ALTER DATABASE … RENAME is refused: a rollback keeps the database’s name.');
  }
  if ('CopyStmt' in node) return copy(node.CopyStmt);
  if ('FuncCall' in node) return callOf(node);
  return undefined;
};

function copy(statement: CopyStmt): Refused | undefined {
  if (statement.is_program) return forbidden('COPY with PROGRAM is refused: it runs a command.');
  if (statement.is_from && !statement.filename) {
    return {
      code: 'copy_from_stdin',
      message:
        'COPY … FROM STDIN is refused: it needs psql to send the rows. Write INSERT statements instead.',
    };
  }
  if (statement.is_from) {
    return forbidden(
      'COPY from a file is refused: the plan cannot pin what is in it. Write INSERT statements instead.',
    );
  }
  return forbidden('COPY … TO is refused: a rollback has no place for its output.');
}

function callOf(node: Extract<Node, { FuncCall: unknown }>): Refused | undefined {
  const name = stringsOf(node.FuncCall.funcname).at(-1) ?? '';
  const why = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  return why === undefined ? undefined : forbidden(`Calling ${name} is refused: ${why}`);
}
