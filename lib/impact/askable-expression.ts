import type { Node, RangeVar } from 'libpg-query';
import pg from 'pg';
import { stringsOf, walk } from '@/lib/sql/syntax-tree';
import type { LiveSession } from './live-session';

/** What an expression of the script calls and reads. */
export interface ExpressionUse {
  functions: string[];
  operators: string[];
  types: string[];
  /** Tables in sub-selects. */
  relations: RangeVar[];
  /** Why it can't be asked whatever the catalog says. */
  unaskable: string | undefined;
}

/** The reading role is another than the running one. */
const WHO = /USER|ROLE/;

/** Walks an expression for what the catalog has to be asked about before the expression may run. */
export function usesOf(expression: Node): ExpressionUse {
  const functions = new Set<string>();
  const operators = new Set<string>();
  const types = new Set<string>();
  const relations: RangeVar[] = [];
  let unaskable: string | undefined;
  for (const { kind, node } of walk(expression, () => true)) {
    if ('FuncCall' in node) functions.add(stringsOf(node.FuncCall.funcname).at(-1) ?? '');
    // `rooms.f` and `(rooms).f` call f(rooms) where there is no such column.
    else if ('ColumnRef' in node && (node.ColumnRef.fields?.length ?? 0) > 1)
      functions.add(stringsOf(node.ColumnRef.fields).at(-1) ?? '');
    else if ('A_Indirection' in node)
      for (const part of stringsOf(node.A_Indirection.indirection)) functions.add(part);
    else if ('A_Expr' in node) operators.add(stringsOf(node.A_Expr.name).at(-1) ?? '');
    else if ('TypeCast' in node) types.add(stringsOf(node.TypeCast.typeName?.names).at(-1) ?? '');
    else if ('RangeVar' in node) relations.push(node.RangeVar);
    else if (kind === 'CurrentOfExpr') unaskable = 'it goes by a cursor';
    else if (kind === 'ParamRef') unaskable = 'it has a parameter';
    else if ('SQLValueFunction' in node && WHO.test(node.SQLValueFunction.op ?? ''))
      unaskable = 'it depends on the role that runs it';
    else if ('SubLink' in node) {
      const operator = stringsOf(node.SubLink.operName).at(-1);
      if (operator !== undefined) operators.add(operator);
    } else if (
      'SelectStmt' in node &&
      (node.SelectStmt.lockingClause ?? node.SelectStmt.withClause)
    )
      unaskable = 'its sub-select locks rows or has a WITH';
  }
  return {
    functions: [...functions],
    operators: [...operators],
    types: [...types],
    relations,
    unaskable,
  };
}

interface Risk {
  functions: string | null;
  operators: string | null;
  types: string | null;
}

/**
 * Whether PostgreSQL may be asked an expression of the script: all functions of those names are stable,
 * operators too, and no type runs code of its own. A function that is volatile may do anything but write,
 * as ending another session.
 * @returns why not, or undefined when it may
 * @throws Error when the connection is gone
 */
export async function riskOf(
  session: LiveSession,
  uses: readonly ExpressionUse[],
): Promise<string | undefined> {
  const unaskable = uses.find((use) => use.unaskable !== undefined)?.unaskable;
  if (unaskable !== undefined) return unaskable;
  const names = (pick: (use: ExpressionUse) => string[]) =>
    `ARRAY[${uses.flatMap(pick).map(pg.escapeLiteral).join(', ')}]::name[]`;
  const found = await session.ask<Risk>(`
SELECT
  (SELECT min(p.proname) FROM pg_proc p
    WHERE p.proname = ANY (${names(({ functions }) => functions)}) 
      -- PostgreSQL calls every aggregate immutable, whatever its parts do.
      AND (p.provolatile = 'v' OR p.prokind = 'a' AND p.pronamespace <> 'pg_catalog'::regnamespace))
    AS functions,
  (SELECT min(o.oprname) FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
    WHERE o.oprname = ANY (${names(({ operators }) => operators)}) AND p.provolatile = 'v') AS operators,
  (SELECT min(t.typname) FROM pg_type t
    WHERE t.typname = ANY (${names(({ types }) => types)}) AND t.typtype <> 'e'
      AND t.typnamespace <> 'pg_catalog'::regnamespace
      -- The row type of a table stands for the table, not for a cast that somebody wrote.
      AND t.typtype <> 'c') AS types`);
  if (!found.ok) return found.why === 'time' ? 'the time ran out' : 'the catalog could not be read';
  const [risk] = found.rows;
  if (risk?.functions) return `the function ${risk.functions} is volatile`;
  if (risk?.operators) return `the operator ${risk.operators} calls a volatile function`;
  if (risk?.types) return `the type ${risk.types} may run code of its own`;
  return undefined;
}
