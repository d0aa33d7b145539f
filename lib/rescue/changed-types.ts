import type { AlterTableStmt } from 'libpg-query';
import { typeWords } from '@/lib/sql/hazards/type-words';
import { stringsOf } from '@/lib/sql/syntax-tree';
import { readType } from '@/lib/sql/types/column-type';
import { compareTypes } from '@/lib/sql/types/type-change';
import type { Column, Table } from './table-shape';

/** The columns whose values an ALTER TABLE may change by giving them another type. */
export function retyped(alter: AlterTableStmt, table: Table): Column[] {
  const names = (alter.cmds ?? []).flatMap((node) => {
    if (!('AlterTableCmd' in node)) return [];
    const { subtype, name, def } = node.AlterTableCmd;
    if (subtype !== 'AT_AlterColumnType' || !def || !('ColumnDef' in def)) return [];
    const { typeName, raw_default: using } = def.ColumnDef;
    const column = table.columns.find((one) => one.name === name);
    if (!column || !typeName) return [];
    // A type of the application's may bear the name of a built-in one, and its USING may do anything.
    const builtIn = ['pg_catalog', undefined].includes(stringsOf(typeName.names).at(-2));
    const known = !using && !column.asText && builtIn;
    if (!known) return [column.name];
    const { effect } = compareTypes(readType(column.type), readType(typeWords(typeName)), false);
    return effect === 'none' || effect === 'keeps' ? [] : [column.name];
  });
  return table.columns.filter(({ name }) => names.includes(name));
}
