import type { ParsedUp } from './parse-up';

/**
 * The column types that a migration leaves behind, for `parseScript` of its rollback script: what the
 * migration changed a column to is what the script changes it from. Columns that the migration did not
 * type are unknown.
 */
export function columnTypesOf(
  up: Pick<ParsedUp, 'touched'>,
): (relation: string, column: string) => string | undefined {
  const types = new Map<string, Map<string, string>>();
  for (const { sort, on, part, type, effect } of up.touched) {
    if (sort !== 'column' || on === undefined || part === undefined) continue;
    const columns = types.get(on) ?? new Map<string, string>();
    types.set(on, columns);
    if (type !== undefined) columns.set(part, type);
    else if (effect === 'drops' || effect === 'creates') columns.delete(part);
  }
  return (relation, column) => types.get(relation)?.get(column);
}
