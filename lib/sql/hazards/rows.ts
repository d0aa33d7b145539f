import type { MergeStmt, Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import type { RelationNames, ResolvedName } from '../relation-names';

/** Rows that a statement takes away or overwrites. */
export function rowHazards(node: Node, names: RelationNames): Hazard[] {
  if ('DeleteStmt' in node && node.DeleteStmt.relation) {
    const on = names.ofRange(node.DeleteStmt.relation);
    return [rows('deletes_rows', on, isLimited(node.DeleteStmt.whereClause))];
  }
  if ('UpdateStmt' in node && node.UpdateStmt.relation) {
    const on = names.ofRange(node.UpdateStmt.relation);
    return [rows('updates_rows', on, isLimited(node.UpdateStmt.whereClause))];
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
      return [
        {
          code: 'truncates',
          severity: 'danger',
          label: `Deletes all rows of ${on.short}`,
          relation: on.qualified,
          detail: `${on.short} is empty afterwards, and no trigger for single rows has seen them go.`,
          safer: 'Write a DELETE with a WHERE for the rows that the migration brought.',
        },
      ];
    });
    if (behavior !== 'DROP_CASCADE') return hazards;
    const cascade: Hazard = {
      code: 'cascade',
      severity: 'danger',
      label: 'CASCADE: also empties the tables that refer to it',
      detail: 'Every table with a foreign key to it is emptied as well, unnamed.',
      safer: 'Name each table in the TRUNCATE, and write it without CASCADE.',
    };
    return [...hazards, cascade];
  }
  return [];
}

/** WHERE true limits nothing. */
function isLimited(where: Node | undefined): boolean {
  if (!where) return false;
  return !('A_Const' in where && where.A_Const.boolval?.boolval === true);
}

function rows(code: 'deletes_rows' | 'updates_rows', on: ResolvedName, limited: boolean): Hazard {
  const deletes = code === 'deletes_rows';
  const verb = deletes ? 'Deletes' : 'Changes';
  const outcome = deletes ? 'are gone' : 'lose the values that they had';
  return {
    code,
    severity: limited ? 'warn' : 'danger',
    label: limited ? `${verb} rows of ${on.short}` : `${verb} every row of ${on.short}: no WHERE`,
    relation: on.qualified,
    detail: limited
      ? `The rows of ${on.short} that the condition meets ${outcome}.`
      : `All rows of ${on.short} ${outcome}, those from before the migration too.`,
    safer: limited
      ? 'Copy the rows into a table of their own first, so that they can be put back.'
      : 'Say in a WHERE which rows the migration brought, and copy them into a table of their own first.',
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
