import type { Node, ReindexStmt } from 'libpg-query';
import type { Refused, Rule } from './rule';

/** Statements that PostgreSQL refuses inside a transaction, where every step runs. */
export const nonTransactional: Rule = ({ node }) => {
  const sentence = node && why(node);
  return sentence
    ? ({ code: 'non_transactional', message: sentence } satisfies Refused)
    : undefined;
};

function why(node: Node): string | undefined {
  if ('IndexStmt' in node && node.IndexStmt.concurrent) {
    return 'CREATE INDEX CONCURRENTLY cannot run inside a transaction. Write CREATE INDEX without CONCURRENTLY: writes to the table wait meanwhile.';
  }
  if ('DropStmt' in node && node.DropStmt.concurrent) {
    return 'DROP INDEX CONCURRENTLY cannot run inside a transaction. Write DROP INDEX without CONCURRENTLY: it locks the table for a moment.';
  }
  if ('ReindexStmt' in node) return reindex(node.ReindexStmt);
  if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd) {
    return 'VACUUM cannot run inside a transaction. Take it out of the script and run it after the rollback; ANALYZE alone is allowed.';
  }
  if ('ClusterStmt' in node && !node.ClusterStmt.relation) {
    return 'CLUSTER without a table cannot run inside a transaction. Name the table.';
  }
  if ('AlterTableCmd' in node && detachesConcurrently(node)) {
    return 'DETACH PARTITION … CONCURRENTLY cannot run inside a transaction. Write it without CONCURRENTLY.';
  }
  if (
    'CreateSubscriptionStmt' in node ||
    'AlterSubscriptionStmt' in node ||
    'DropSubscriptionStmt' in node
  ) {
    return 'Subscriptions create and drop slots on another server, which no transaction undoes. Change them outside of a rollback.';
  }
  return undefined;
}

function reindex(statement: ReindexStmt): string | undefined {
  const concurrently = (statement.params ?? []).some(
    (node) => 'DefElem' in node && node.DefElem.defname === 'concurrently',
  );
  if (concurrently) {
    return 'REINDEX CONCURRENTLY cannot run inside a transaction. Write REINDEX without CONCURRENTLY: writes to the table wait meanwhile.';
  }
  const single =
    statement.kind === 'REINDEX_OBJECT_INDEX' || statement.kind === 'REINDEX_OBJECT_TABLE';
  return single
    ? undefined
    : 'REINDEX of a schema, database or system cannot run inside a transaction. Name each index or table.';
}

function detachesConcurrently(node: Extract<Node, { AlterTableCmd: unknown }>): boolean {
  const { subtype, def } = node.AlterTableCmd;
  if (subtype !== 'AT_DetachPartition' || !def || !('PartitionCmd' in def)) return false;
  return def.PartitionCmd.concurrent === true;
}
