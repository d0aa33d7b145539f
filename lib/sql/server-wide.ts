import type { ParsedUp } from './parse-up';

/** Statements that reach beyond their database, where no copy and no DROP DATABASE takes them back. */
const SERVER_WIDE: Readonly<Record<string, string>> = {
  AlterSystemStmt: 'ALTER SYSTEM',
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  DropSubscriptionStmt: 'DROP SUBSCRIPTION',
};

/**
 * The first statement of a migration that changes more than its database, in words; undefined when none
 * does. PostgreSQL refuses these in a transaction: outside of one they would be done, to a server that
 * others use.
 */
export function serverWide({ chunks }: Pick<ParsedUp, 'chunks'>): string | undefined {
  const kinds = chunks.flatMap((chunk) => chunk.statements ?? []).map(({ kind }) => kind);
  return kinds.map((kind) => SERVER_WIDE[kind]).find((words) => words !== undefined);
}
