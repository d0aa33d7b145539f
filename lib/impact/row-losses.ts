import type { Node, RangeVar } from 'libpg-query';
import type { RelationNames } from '@/lib/sql/relation-names';
import { rangesOf } from '@/lib/sql/syntax-tree';
import { usesOf } from './askable-expression';
import type { StatementContext } from './constraint-probes';
import type { Loss } from './questions';
import { type SchemaSoFar, type Standing, sourceFor } from './schema-so-far';

export type RowLoss = Extract<Loss, { kind: 'rows' }>;

/** Rows that a statement deletes or overwrites, as questions for the live target. */
export function rowLosses(context: StatementContext, node: Node): RowLoss[] {
  if ('DeleteStmt' in node) {
    const { relation, whereClause, usingClause, withClause } = node.DeleteStmt;
    const others = [...(usingClause ?? []), ...(withClause ? [{ WithClause: withClause }] : [])];
    return one(context, 'DELETE', relation, whereClause, others.length > 0);
  }
  if ('UpdateStmt' in node) {
    const { relation, whereClause, fromClause, withClause } = node.UpdateStmt;
    const others = (fromClause?.length ?? 0) > 0 || withClause !== undefined;
    return one(context, 'UPDATE', relation, whereClause, others);
  }
  if ('TruncateStmt' in node) {
    return rangesOf(node.TruncateStmt.relations).flatMap((range) =>
      one(context, 'TRUNCATE', range, undefined, false),
    );
  }
  return [];
}

function one(
  context: StatementContext,
  verb: string,
  range: RangeVar | undefined,
  where: Node | undefined,
  joined: boolean,
): RowLoss[] {
  const standing = range && context.schema.find(context.names.ofRange(range));
  const relation = standing?.live;
  // What the plan itself made holds nothing of today.
  if (!range || !standing || !relation) return [];
  const loss = { kind: 'rows' as const, position: context.place.position, relation, verb };
  const unknown = (whyNot: string): RowLoss[] => [{ ...loss, rows: undefined, whyNot }];
  if (joined) return unknown('its rows are chosen by joining other tables');
  const only = range.inh !== true;
  if (!where && !only) return [{ ...loss, rows: 'all', whyNot: undefined }];
  const text = where ? context.text.condition(where) : 'true';
  if (text === undefined) return unknown('its condition could not be taken out of the statement');
  const uses = where ? [usesOf(where)] : [];
  const inside = uses.flatMap(({ relations }) => relations.map((r) => standingOf(context, r)));
  if (inside.some((found) => found === undefined))
    return unknown('its condition reads something that is no table of the live target');
  const source = sourceFor(standing, relation, { only, ...aliasOf(range) });
  return [
    {
      ...loss,
      rows: {
        sql: `SELECT count(*)::float8 AS n FROM ${source} WHERE (${text}\n)`,
        uses,
        searchPath: [...context.schema.searchPath],
        reads: [relation, ...inside.flatMap((found) => (found?.live ? [found.live] : []))],
      },
      whyNot: undefined,
    },
  ];
}

const aliasOf = ({ alias }: RangeVar) =>
  alias?.aliasname === undefined ? {} : { alias: alias.aliasname };

/** A table in a sub-select that is today what it will be then; a view may run code of its own. */
function standingOf({ schema, names }: StatementContext, range: RangeVar): Standing | undefined {
  const found = schema.find(names.ofRange(range));
  if (!found?.live || !['r', 'p'].includes(found.live.kind)) return undefined;
  const { live, columns } = found;
  const same =
    found.name === live.name &&
    found.schema === live.schema &&
    columns.size === live.columns.size &&
    [...columns].every(([name, column]) => column?.name === name);
  return same ? found : undefined;
}

/** The tables whose rows a statement may change, whether it is sure to or not. */
export function changedTables(node: Node, names: RelationNames, schema: SchemaSoFar): Standing[] {
  const ranges: (RangeVar | undefined)[] = [];
  if ('DeleteStmt' in node) ranges.push(node.DeleteStmt.relation);
  if ('UpdateStmt' in node) ranges.push(node.UpdateStmt.relation);
  if ('InsertStmt' in node) ranges.push(node.InsertStmt.relation);
  if ('MergeStmt' in node) ranges.push(node.MergeStmt.relation);
  if ('TruncateStmt' in node) ranges.push(...rangesOf(node.TruncateStmt.relations));
  return ranges.flatMap((range) => {
    const found = range && schema.find(names.ofRange(range));
    return found ? [found] : [];
  });
}

const VERBS: Record<string, string> = {
  DeleteStmt: 'DELETE',
  UpdateStmt: 'UPDATE',
  MergeStmt: 'MERGE',
  TruncateStmt: 'TRUNCATE',
};

/** A DELETE or UPDATE within a DO block or a WITH query, or a MERGE: which rows, only the run can tell. */
export function uncertainRowLosses(
  kind: string,
  standings: readonly Standing[],
  position: number,
  whyNot: string,
): RowLoss[] {
  const verb = VERBS[kind];
  if (verb === undefined) return [];
  return standings.flatMap(({ live }): RowLoss[] =>
    live ? [{ kind: 'rows', position, relation: live, verb, rows: undefined, whyNot }] : [],
  );
}
