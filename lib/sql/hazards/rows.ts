import type { MergeStmt, Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import type { RelationNames, ResolvedName } from '../relation-names';

/** Rows that a statement takes away or overwrites. */
export function rowHazards(node: Node, names: RelationNames): Hazard[] {
  if ('DeleteStmt' in node && node.DeleteStmt.relation) {
    const on = names.ofRange(node.DeleteStmt.relation);
    return [rows('deletes_rows', on, node.DeleteStmt.whereClause !== undefined)];
  }
  if ('UpdateStmt' in node && node.UpdateStmt.relation) {
    const on = names.ofRange(node.UpdateStmt.relation);
    return [rows('updates_rows', on, node.UpdateStmt.whereClause !== undefined)];
  }
  if ('MergeStmt' in node && node.MergeStmt.relation) {
    const on = names.ofRange(node.MergeStmt.relation);
    return mergeActions(node.MergeStmt).map((code) => rows(code, on, true));
  }
  if ('TruncateStmt' in node) {
    const { relations, behavior } = node.TruncateStmt;
    const hazards = (relations ?? []).flatMap((range): Hazard[] => {
      if (!('RangeVar' in range)) return [];
      const on = names.ofRange(range.RangeVar);
      const label = `Deletes all rows of ${on.short}`;
      return [{ code: 'truncates', severity: 'danger', label, relation: on.qualified }];
    });
    if (behavior !== 'DROP_CASCADE') return hazards;
    const label = 'CASCADE: also empties the tables that refer to it';
    return [...hazards, { code: 'cascade', severity: 'danger', label }];
  }
  return [];
}

function rows(code: 'deletes_rows' | 'updates_rows', on: ResolvedName, limited: boolean): Hazard {
  const verb = code === 'deletes_rows' ? 'Deletes' : 'Changes';
  return {
    code,
    severity: limited ? 'warn' : 'danger',
    label: limited ? `${verb} rows of ${on.short}` : `${verb} every row of ${on.short}: no WHERE`,
    relation: on.qualified,
  };
}

function mergeActions(merge: MergeStmt): ('deletes_rows' | 'updates_rows')[] {
  const commands = (merge.mergeWhenClauses ?? []).map((node) =>
    'MergeWhenClause' in node ? node.MergeWhenClause.commandType : undefined,
  );
  const actions: ('deletes_rows' | 'updates_rows')[] = [];
  if (commands.includes('CMD_UPDATE')) actions.push('updates_rows');
  if (commands.includes('CMD_DELETE')) actions.push('deletes_rows');
  return actions;
}
