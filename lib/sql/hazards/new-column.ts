import type { ColumnDef, Constraint } from 'libpg-query';
import { stringsOf, walk } from '../syntax-tree';

/** Their result is the same for all rows of a statement, so that one value fills the column. */
const STEADY = new Set([
  ...['now', 'transaction_timestamp', 'statement_timestamp', 'timezone', 'to_char', 'to_timestamp'],
  ...['date_trunc', 'date_part', 'extract', 'current_setting', 'make_interval', 'make_date', 'age'],
  ...['lower', 'upper', 'concat', 'concat_ws', 'format', 'coalesce', 'md5', 'length', 'replace'],
  ...[
    'jsonb_build_object',
    'jsonb_build_array',
    'json_build_object',
    'json_build_array',
    'to_json',
  ],
  ...['to_jsonb', 'array', 'array_fill', 'abs', 'floor', 'ceil', 'round', 'trunc', 'substring'],
  ...['current_schema', 'current_database', 'txid_current', 'pg_current_xact_id', 'to_tsvector'],
]);

const SERIAL = /^(small|big)?serial[248]?$/;

/** Why ADD COLUMN has to write every row; undefined where the catalog can hold the one value for all. */
export function rewritesOnAdd(
  column: ColumnDef,
  inline: readonly Constraint[],
): string | undefined {
  if (SERIAL.test(stringsOf(column.typeName?.names).at(-1) ?? '')) {
    return 'Each row gets a number of its own';
  }
  for (const { contype, raw_expr: expression, generated_kind: kind } of inline) {
    if (contype === 'CONSTR_IDENTITY') return 'Each row gets a number of its own';
    if (contype === 'CONSTR_GENERATED' && kind !== 'v') return 'Each row gets a computed value';
    if (contype !== 'CONSTR_DEFAULT' || !expression) continue;
    for (const { node } of walk(expression, () => true)) {
      if (!('FuncCall' in node)) continue;
      const name = stringsOf(node.FuncCall.funcname).at(-1) ?? '';
      if (!STEADY.has(name)) return `${name}() can give each row another value`;
    }
  }
  return undefined;
}
