import type { AlterTableStmt, Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import type { RelationNames } from '../relation-names';
import { stringsOf, walk } from '../syntax-tree';
import { type ColumnType, readType } from '../types/column-type';
import { inferType } from '../types/time-expression';
import { compareTypes, type TypeChange } from '../types/type-change';
import type { HazardContext } from './context';
import { typeWords } from './type-words';

/** A change of type, judged by what is known of the type before. */
export interface Retype {
  column: string;
  to: string;
  from: string | undefined;
  change: TypeChange;
  /** USING computes the value in a way of its own. */
  custom: boolean;
}

/** The changes of type in one ALTER TABLE, in its order. */
export function retypesOf(
  statement: AlterTableStmt,
  names: RelationNames,
  context: HazardContext,
): Retype[] {
  const { relation, cmds, objtype } = statement;
  if (!relation || objtype === 'OBJECT_TYPE') return [];
  const on = names.ofRange(relation).qualified;
  return (cmds ?? []).flatMap((node): Retype[] => {
    if (!('AlterTableCmd' in node)) return [];
    const { subtype, name: column = '', def } = node.AlterTableCmd;
    if (subtype !== 'AT_AlterColumnType' || !def || !('ColumnDef' in def)) return [];
    const { typeName, raw_default: using } = def.ColumnDef;
    if (!typeName) return [];
    const to = typeWords(typeName);
    const from = context.columnType(on, column);
    const shape = shapeOf(using, column);
    const lookup = (name: string) => context.columnType(on, name);
    const target = readType(to);
    const known =
      from === undefined ? undefined : compareTypes(readType(from), target, shape === 'cast');
    const change = byUsing(known ?? unknownBefore(target), shape, using, lookup);
    return [{ column, to, from, change, custom: shape !== 'none' && shape !== 'cast' }];
  });
}

type UsingShape = 'none' | 'cast' | 'computed' | 'unrelated';

/** How USING gets the new value: a plain cast of the column, a computation on it, or without it. */
function shapeOf(using: Node | undefined, column: string): UsingShape {
  if (!using) return 'none';
  let inner: Node | undefined = using;
  while (inner && 'TypeCast' in inner) inner = inner.TypeCast.arg;
  if (inner && 'ColumnRef' in inner) {
    const name = stringsOf(inner.ColumnRef.fields).at(-1);
    return name === column ? 'cast' : 'unrelated';
  }
  for (const { node } of walk(using, () => true)) {
    if ('ColumnRef' in node && stringsOf(node.ColumnRef.fields).at(-1) === column)
      return 'computed';
  }
  return 'unrelated';
}

const TAKES_EVERYTHING = new Set([
  'text',
  'citext',
  'numeric',
  'float8',
  'jsonb',
  'json',
  'xml',
  'bytea',
]);

/** Without knowing the type before, a type that has no room for everything is taken to narrow. */
function unknownBefore(to: ColumnType): TypeChange {
  const limited = to.modifiers.length > 0 || !TAKES_EVERYTHING.has(to.base);
  const effect =
    limited && !(to.base === 'varchar' && to.modifiers.length === 0) ? 'narrows' : 'reformats';
  const what =
    effect === 'narrows'
      ? 'whether every value fits depends on the type that it has by then'
      : 'how the values look then depends on the type that they have by then';
  const bySession = to.base === 'timestamptz' || to.base === 'timetz';
  return { effect, rewrites: true, bySession, what };
}

function byUsing(
  change: TypeChange,
  shape: UsingShape,
  using: Node | undefined,
  lookup: (column: string) => string | undefined,
): TypeChange {
  if (shape === 'none' || shape === 'cast') return change;
  if (shape === 'unrelated') {
    return {
      effect: 'narrows',
      rewrites: true,
      bySession: false,
      what: 'every value is replaced by one that does not come from the column',
    };
  }
  const format = zonedFormat(using, lookup);
  if (format === undefined) {
    const effect = change.effect === 'narrows' ? 'narrows' : 'reformats';
    const what = effect === 'narrows' ? change.what : 'USING computes every value anew';
    return { effect, rewrites: true, bySession: false, what };
  }
  const cut = /US|FF6/.test(format)
    ? 'times are printed by a format and in a zone that the script says'
    : 'times are printed by a format that cuts off what is finer than it says';
  return { effect: 'reformats', rewrites: true, bySession: false, what: cut };
}

/** The format of `to_char(… AT TIME ZONE 'UTC', '…')`: an author who says both means both. */
function zonedFormat(
  using: Node | undefined,
  lookup: (column: string) => string | undefined,
): string | undefined {
  if (!using || !('FuncCall' in using)) return undefined;
  const { funcname, args = [] } = using.FuncCall;
  if (stringsOf(funcname).at(-1) !== 'to_char') return undefined;
  const [value, format] = args;
  const zoned = value && 'FuncCall' in value && inferType(value, lookup) === 'timestamp';
  return zoned ? stringsOf(format ? [format] : [])[0] : undefined;
}

const SEVERITY = { none: 'info', keeps: 'warn', reformats: 'warn', narrows: 'danger' } as const;

/** What ALTER COLUMN … TYPE does to the values. */
export function retypeHazards(node: Node, names: RelationNames, context: HazardContext): Hazard[] {
  if (!('AlterTableStmt' in node) || !node.AlterTableStmt.relation) return [];
  const on = names.ofRange(node.AlterTableStmt.relation);
  return retypesOf(node.AlterTableStmt, names, context).map(({ column, from, to, change }) => {
    const before = from === undefined ? '' : `from ${from} `;
    return {
      code: 'changes_type',
      severity: SEVERITY[change.effect],
      label: `Changes type of ${names.quote(column)} ${before}to ${to}`,
      relation: on.qualified,
      detail: `Of ${on.short}.${names.quote(column)}, ${change.what}.`,
      safer: SAFER[change.effect],
    };
  });
}

const SAFER: Record<TypeChange['effect'], string> = {
  none: 'Nothing better is needed: only the catalog changes.',
  keeps:
    'Where the table is large, add a column of the new type, fill it in batches, and swap the names.',
  reformats:
    'Say the wanted form in USING, with format and time zone, or keep the old values in a column of their own until nobody needs them.',
  narrows:
    'Add a column of the new type beside the old one and fill it, and drop the old one only when nobody misses what did not fit.',
};
