import type { Node, RangeVar } from 'libpg-query';
import { ON_A_TABLE, RELATIONS } from '../object-kinds';
import type { ResolvedName } from '../relation-names';
import { rangesOf, stringsOf } from '../syntax-tree';
import type { Rule, RuleContext } from './rule';

/**
 * The run keeps drizzle's tracking table itself. A script may delete from it, because many real ones do
 * and the run checks afterwards that exactly the right row is gone; nothing else may touch it.
 */
export const trackingTable: Rule = ({ kind, node }, context) => {
  if (!node) return undefined;
  const { schema, table } = context.tracking;
  if (!written(node, context).some((name) => isTracking(name, context))) return undefined;
  return {
    code: 'tracking_table_write',
    message: `${VERBS[kind] ?? 'Changing'} ${schema}.${table} is refused: Backstep keeps the tracking table. Take this out of the script; if another table of that name is meant, write its schema.`,
  };
};

const VERBS: Record<string, string> = {
  InsertStmt: 'INSERT into',
  UpdateStmt: 'UPDATE of',
  MergeStmt: 'MERGE into',
  TruncateStmt: 'TRUNCATE of',
  DropStmt: 'Dropping',
  AlterTableStmt: 'ALTER TABLE on',
  RenameStmt: 'Renaming',
  CreateTrigStmt: 'A trigger on',
  CopyStmt: 'COPY into',
};

/** A bare name may mean the tracking table whatever the search_path is: better refused than found out. */
function isTracking(name: ResolvedName, { tracking }: RuleContext): boolean {
  return name.name === tracking.table && (name.schema === tracking.schema || !name.explicit);
}

function written(node: Node, context: RuleContext): ResolvedName[] {
  const ranges = writtenRanges(node).map((range) => context.names.ofRange(range));
  if ('DropStmt' in node) return [...ranges, ...dropped(node, context)];
  if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_SCHEMA') {
    return wholeSchema(node.RenameStmt.subname, context);
  }
  return ranges;
}

function writtenRanges(node: Node): RangeVar[] {
  if ('InsertStmt' in node) return some(node.InsertStmt.relation);
  if ('UpdateStmt' in node) return some(node.UpdateStmt.relation);
  if ('MergeStmt' in node) return some(node.MergeStmt.relation);
  if ('CopyStmt' in node) return node.CopyStmt.is_from ? some(node.CopyStmt.relation) : [];
  if ('TruncateStmt' in node) return rangesOf(node.TruncateStmt.relations);
  if ('AlterTableStmt' in node) return some(node.AlterTableStmt.relation);
  if ('RenameStmt' in node) return some(node.RenameStmt.relation);
  if ('AlterObjectSchemaStmt' in node) return some(node.AlterObjectSchemaStmt.relation);
  if ('CreateTrigStmt' in node) return some(node.CreateTrigStmt.relation);
  if ('RuleStmt' in node) return some(node.RuleStmt.relation);
  if ('IndexStmt' in node) return some(node.IndexStmt.relation);
  if ('CreatePolicyStmt' in node) return some(node.CreatePolicyStmt.table);
  if ('AlterPolicyStmt' in node) return some(node.AlterPolicyStmt.table);
  if ('CreateStmt' in node) return some(node.CreateStmt.relation);
  if ('SelectStmt' in node) return some(node.SelectStmt.intoClause?.rel);
  if ('CreateTableAsStmt' in node) return some(node.CreateTableAsStmt.into?.rel);
  if ('ViewStmt' in node) return some(node.ViewStmt.view);
  return [];
}

const some = (range: RangeVar | undefined): RangeVar[] => (range ? [range] : []);

function dropped(node: Extract<Node, { DropStmt: unknown }>, context: RuleContext): ResolvedName[] {
  const { removeType = '', objects } = node.DropStmt;
  return (objects ?? []).flatMap((object) => {
    if (removeType === 'OBJECT_SCHEMA') {
      return wholeSchema(stringsOf([object])[0], context);
    }
    const parts = 'List' in object ? stringsOf(object.List.items) : [];
    if (ON_A_TABLE.has(removeType)) return [context.names.ofParts(parts.slice(0, -1))];
    return RELATIONS.has(removeType) ? [context.names.ofParts(parts)] : [];
  });
}

/** What happens to the tracking table's schema happens to the table. */
function wholeSchema(schema: string | undefined, { names, tracking }: RuleContext): ResolvedName[] {
  return schema === tracking.schema ? [names.ofParts([tracking.schema, tracking.table])] : [];
}
