import type { Node, RangeVar, ReindexStmt } from 'libpg-query';
import type { Probe, RelationName } from '@/lib/core/statement';
import { isConcurrent } from './non-transactional';
import { stringsOf } from './syntax-tree';

/**
 * How the catalog tells whether a statement is done that can't run inside a transaction. Undefined where
 * it can't: no name for the index, several in one statement, or another kind altogether. Such a one may
 * not be part of a run, because nobody could say what became of it.
 */
export function probeOf(node: Node): Probe | undefined {
  if ('IndexStmt' in node) {
    const { idxname, relation, if_not_exists } = node.IndexStmt;
    if (!idxname || !relation?.relname) return undefined;
    return {
      kind: 'create_index',
      index: { name: idxname },
      table: nameOf(relation),
      ifNotExists: if_not_exists === true,
    };
  }
  if ('DropStmt' in node) {
    const { objects = [], missing_ok } = node.DropStmt;
    const [only, ...more] = objects;
    if (more.length > 0 || !only || !('List' in only)) return undefined;
    const parts = stringsOf(only.List.items);
    const name = parts.at(-1);
    if (name === undefined || parts.length > 2) return undefined;
    const schema = parts.length === 2 ? parts[0] : undefined;
    return {
      kind: 'drop_index',
      index: { ...(schema === undefined ? {} : { schema }), name },
      ifExists: missing_ok === true,
    };
  }
  if ('AlterTableStmt' in node) {
    const { relation, cmds = [] } = node.AlterTableStmt;
    const [only, ...more] = cmds;
    if (more.length > 0 || !relation?.relname || !only || !('AlterTableCmd' in only))
      return undefined;
    const { def } = only.AlterTableCmd;
    if (!def || !('PartitionCmd' in def) || !def.PartitionCmd.name?.relname) return undefined;
    return {
      kind: 'detach_partition',
      parent: nameOf(relation),
      partition: nameOf(def.PartitionCmd.name),
    };
  }
  if ('ReindexStmt' in node && isConcurrent(node.ReindexStmt)) return reindexOf(node.ReindexStmt);
  return isRepeatable(node) ? { kind: 'repeatable' } : undefined;
}

function nameOf({ schemaname, relname }: RangeVar): RelationName {
  return { ...(schemaname ? { schema: schemaname } : {}), name: relname ?? '' };
}

function reindexOf({ kind, relation, name }: ReindexStmt): Probe | undefined {
  switch (kind) {
    case 'REINDEX_OBJECT_INDEX':
      return relation && { kind: 'reindex', index: nameOf(relation) };
    case 'REINDEX_OBJECT_TABLE':
      return relation && { kind: 'reindex', table: nameOf(relation) };
    case 'REINDEX_OBJECT_SCHEMA':
      return name === undefined ? undefined : { kind: 'reindex', schema: name };
    case 'REINDEX_OBJECT_DATABASE':
      return { kind: 'reindex' };
    default:
      return undefined;
  }
}

/** REINDEX SYSTEM locks the catalogs that everybody needs. */
function isRepeatable(node: Node): boolean {
  if ('VacuumStmt' in node || 'ClusterStmt' in node) return true;
  return 'ReindexStmt' in node && node.ReindexStmt.kind !== 'REINDEX_OBJECT_SYSTEM';
}
