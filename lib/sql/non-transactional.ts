import type { Node, ReindexStmt } from 'libpg-query';

/** A statement that PostgreSQL refuses inside a transaction block. */
export interface NonTransactional {
  /** The words of the statement: `CREATE INDEX CONCURRENTLY`. */
  word: string;
  /** How to reach the same inside a transaction, as one sentence. */
  instead: string;
}

/** Why a node cannot run inside a transaction; undefined when it can. */
export function nonTransactional(node: Node): NonTransactional | undefined {
  if ('IndexStmt' in node && node.IndexStmt.concurrent) {
    return {
      word: 'CREATE INDEX CONCURRENTLY',
      instead: 'Write CREATE INDEX without CONCURRENTLY: writes to the table wait meanwhile.',
    };
  }
  if ('DropStmt' in node && node.DropStmt.concurrent) {
    return {
      word: 'DROP INDEX CONCURRENTLY',
      instead: 'Write DROP INDEX without CONCURRENTLY: it locks the table for a moment.',
    };
  }
  if ('ReindexStmt' in node) return reindex(node.ReindexStmt);
  if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd) {
    return {
      word: 'VACUUM',
      instead: 'Take it out of the script and run it after the rollback; ANALYZE alone is allowed.',
    };
  }
  if ('ClusterStmt' in node && !node.ClusterStmt.relation) {
    return { word: 'CLUSTER without a table', instead: 'Name the table.' };
  }
  if ('AlterTableCmd' in node && detachesConcurrently(node)) {
    return {
      word: 'DETACH PARTITION … CONCURRENTLY',
      instead: 'Write it without CONCURRENTLY.',
    };
  }
  const [kind = ''] = Object.keys(node);
  return Object.hasOwn(OUTSIDE_OF_THE_DATABASE, kind) ? OUTSIDE_OF_THE_DATABASE[kind] : undefined;
}

const elsewhere = (word: string): NonTransactional => ({
  word,
  instead: 'Do it by hand, outside of a rollback.',
});

/** No script of a rollback may hold these at all; a migration may. */
const OUTSIDE_OF_THE_DATABASE: Record<string, NonTransactional> = {
  CreatedbStmt: elsewhere('CREATE DATABASE'),
  DropdbStmt: elsewhere('DROP DATABASE'),
  CreateTableSpaceStmt: elsewhere('CREATE TABLESPACE'),
  DropTableSpaceStmt: elsewhere('DROP TABLESPACE'),
  AlterSystemStmt: elsewhere('ALTER SYSTEM'),
  CreateSubscriptionStmt: elsewhere('CREATE SUBSCRIPTION'),
  AlterSubscriptionStmt: elsewhere('ALTER SUBSCRIPTION'),
  DropSubscriptionStmt: elsewhere('DROP SUBSCRIPTION'),
};

function reindex(statement: ReindexStmt): NonTransactional | undefined {
  if (isConcurrent(statement)) {
    return {
      word: 'REINDEX CONCURRENTLY',
      instead: 'Write REINDEX without CONCURRENTLY: writes to the table wait meanwhile.',
    };
  }
  const single =
    statement.kind === 'REINDEX_OBJECT_INDEX' || statement.kind === 'REINDEX_OBJECT_TABLE';
  if (single) return undefined;
  return {
    word: 'REINDEX of a schema, database or system',
    instead: 'Name each index or table.',
  };
}

/** REINDEX CONCURRENTLY, in either way of writing it. */
export function isConcurrent({ params = [] }: ReindexStmt): boolean {
  return params.some((node) => 'DefElem' in node && node.DefElem.defname === 'concurrently');
}

function detachesConcurrently(node: Extract<Node, { AlterTableCmd: unknown }>): boolean {
  const { subtype, def } = node.AlterTableCmd;
  if (subtype !== 'AT_DetachPartition' || !def || !('PartitionCmd' in def)) return false;
  return def.PartitionCmd.concurrent === true;
}
