import type { AlterTableStmt, Node, RangeVar } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import { nonTransactional } from '../non-transactional';
import { RELATIONS } from '../object-kinds';
import type { RelationNames, ResolvedName } from '../relation-names';
import { rangesOf } from '../syntax-tree';
import { addsColumn, addsConstraint, addsIndex, addsNotNull } from './added-rules';
import type { HazardContext } from './context';
import { retypesOf } from './retype';
import { isFull, vacuumed } from './taken-locks';
import { buildsIndex, rewrites, SAFER_VALID, scans } from './work';

/**
 * Whole tables that a statement writes anew, reads through or indexes, and the rules that it adds to rows
 * which are there. Tables that the script made itself have none.
 */
export function workHazards(node: Node, names: RelationNames, context: HazardContext): Hazard[] {
  return everything(node, names, context).filter(
    ({ relation }) => relation === undefined || !context.isOwn(relation),
  );
}

const SAFER_REWRITE =
  'Run it when nobody needs the table, or copy into a new table in batches and swap the names.';

function everything(node: Node, names: RelationNames, context: HazardContext): Hazard[] {
  const on = (range: RangeVar | undefined): ResolvedName[] =>
    range && range.relpersistence !== 't' ? [names.ofRange(range)] : [];
  if ('AlterTableStmt' in node) return alterTable(node.AlterTableStmt, names, context);
  if ('IndexStmt' in node) {
    const { relation, unique = false, concurrent = false, indexParams } = node.IndexStmt;
    const columns = (indexParams ?? []).map((one) =>
      'IndexElem' in one && one.IndexElem.name ? names.quote(one.IndexElem.name) : '…',
    );
    return on(relation).flatMap((table) => addsIndex({ unique, concurrent, columns }, table));
  }
  if ('ReindexStmt' in node) {
    if (nonTransactional(node)) return [];
    const safer = 'Write REINDEX CONCURRENTLY and run it outside of the rollback.';
    if (node.ReindexStmt.kind !== 'REINDEX_OBJECT_TABLE') return [buildsIndex(undefined, safer)];
    return on(node.ReindexStmt.relation).map((table) => buildsIndex(table, safer));
  }
  if ('ClusterStmt' in node) {
    return on(node.ClusterStmt.relation).map((table) => rewrites(table, 'CLUSTER', SAFER_REWRITE));
  }
  if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd && isFull(node.VacuumStmt)) {
    const safer = 'Write VACUUM without FULL: it lets readers and writers through.';
    return vacuumed(node.VacuumStmt)
      .flatMap(on)
      .map((table) => rewrites(table, 'VACUUM FULL', safer));
  }
  if ('RefreshMatViewStmt' in node && !node.RefreshMatViewStmt.concurrent) {
    const safer = 'Write REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on it.';
    return on(node.RefreshMatViewStmt.relation).map((view) => rewrites(view, 'REFRESH', safer));
  }
  return [];
}

/** Storage of another kind. */
const MOVED: Record<string, string> = {
  AT_SetLogged: 'SET LOGGED',
  AT_SetUnLogged: 'SET UNLOGGED',
  AT_SetAccessMethod: 'SET ACCESS METHOD',
  AT_SetTableSpace: 'SET TABLESPACE',
  AT_SetExpression: 'SET EXPRESSION',
};

function alterTable(
  statement: AlterTableStmt,
  names: RelationNames,
  context: HazardContext,
): Hazard[] {
  const { relation, objtype = '', cmds } = statement;
  if (!relation || relation.relpersistence === 't' || !RELATIONS.has(objtype)) return [];
  const on = names.ofRange(relation);
  const found = (cmds ?? []).flatMap((node): Hazard[] => {
    if (!('AlterTableCmd' in node)) return [];
    const { subtype = '', name = '', def } = node.AlterTableCmd;
    const moved = MOVED[subtype];
    if (moved) return [rewrites(on, moved, SAFER_REWRITE)];
    if (subtype === 'AT_SetNotNull') return addsNotNull(on, names.quote(name));
    if (subtype === 'AT_AddColumn' && def && 'ColumnDef' in def) {
      return addsColumn(def.ColumnDef, on, names);
    }
    if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def) {
      return addsConstraint(def.Constraint, on, names);
    }
    if (subtype === 'AT_ValidateConstraint') {
      return [{ ...scans(on, 'VALIDATE CONSTRAINT', VALIDATE_ALONE), detail: VALIDATES }];
    }
    if (subtype === 'AT_AttachPartition' && def && 'PartitionCmd' in def) {
      return rangesOf(def.PartitionCmd.name ? [{ RangeVar: def.PartitionCmd.name }] : []).map(
        (range) => scans(names.ofRange(range), 'ATTACH PARTITION', SAFER_VALID),
      );
    }
    return [];
  });
  const retypes = retypesOf(statement, names, context).filter(({ change }) => change.rewrites);
  if (retypes.length === 0) return found;
  const columns = retypes.map(({ column }) => names.quote(column)).join(', ');
  const safer =
    'Add columns of the new type, fill them in batches, and swap the names; or run it when nobody needs the table.';
  return [...found, rewrites(on, `The new type of ${columns}`, safer)];
}

const VALIDATES =
  'Every row is read, which takes its time; writers go on meanwhile, and a row that does not fit makes the step fail.';
const VALIDATE_ALONE = 'Keep it in a step of its own, so that no stronger lock is held meanwhile.';
