import type { Node, TypeName } from 'libpg-query';
import { typeWords } from '../hazards/type-words';
import { stringsOf } from '../syntax-tree';
import { readType } from './column-type';

/** Gives the type of a column that an expression names, where something knows it. */
export type ColumnTypeLookup = (column: string) => string | undefined;

/** `literal` is a string constant whose type the context decides. */
type Inferred = string | 'literal' | undefined;

const CLOCKS = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
  'to_timestamp',
]);

/** The type of an expression, as far as it matters whether times are in it. */
export function inferType(expression: Node | undefined, columnType: ColumnTypeLookup): Inferred {
  if (!expression) return undefined;
  if ('TypeCast' in expression) return baseOf(expression.TypeCast.typeName);
  if ('A_Const' in expression) return expression.A_Const.sval ? 'literal' : undefined;
  if ('ColumnRef' in expression) {
    const column = stringsOf(expression.ColumnRef.fields).at(-1);
    const type = column === undefined ? undefined : columnType(column);
    return type === undefined ? undefined : readType(type).base;
  }
  if ('SQLValueFunction' in expression) {
    const { op = '' } = expression.SQLValueFunction;
    if (/CURRENT_TIMESTAMP/.test(op)) return 'timestamptz';
    if (/LOCALTIMESTAMP/.test(op)) return 'timestamp';
    return /CURRENT_DATE/.test(op) ? 'date' : undefined;
  }
  if ('CoalesceExpr' in expression) {
    return inferType(expression.CoalesceExpr.args?.[0], columnType);
  }
  if ('A_Expr' in expression) return inferType(expression.A_Expr.lexpr, columnType);
  if ('FuncCall' in expression) {
    const { funcname, args = [] } = expression.FuncCall;
    const name = stringsOf(funcname).at(-1) ?? '';
    if (CLOCKS.has(name)) return 'timestamptz';
    if (name === 'to_char') return 'text';
    if (name === 'date_trunc') return inferType(args[1], columnType);
    if (name === 'timezone') {
      return inferType(args[1], columnType) === 'timestamp' ? 'timestamptz' : 'timestamp';
    }
  }
  return undefined;
}

export function baseOf(type: TypeName | undefined): string | undefined {
  return type ? readType(typeWords(type)).base : undefined;
}

/** Ends in a zone: `2026-01-01 00:00:00+00`, `…Z`, `… UTC`. */
const ZONED_LITERAL = /([+-]\d{1,2}(:?\d{2})?|Z|UTC|GMT)\s*$/i;
const NEEDS_NO_ZONE = /^\s*([+-]?infinity|epoch)\s*$/i;

/** Whether a constant says itself which zone it means. `2026-01-01` ends in digits, not in a zone. */
export function saysItsZone(literal: string): boolean {
  if (NEEDS_NO_ZONE.test(literal)) return true;
  return ZONED_LITERAL.test(literal) && !/^\s*\d{4}-\d{1,2}-\d{1,2}\s*$/.test(literal);
}
