import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { DataLoss } from '@/lib/core/proof';

/** The schema before the migration, after it, and after its script. */
export interface SchemaStates {
  before: CatalogSnapshot;
  between: CatalogSnapshot;
  after: CatalogSnapshot;
}

/**
 * What is lost in the given tables as far as the schema tells: a column that is gone takes its values
 * along, and one that was gone meanwhile came back empty.
 */
export function lossesBySchema(
  { before, between, after }: SchemaStates,
  tables: readonly string[],
): { losesData: DataLoss; notes: string[] } {
  const older: string[] = [];
  const own: string[] = [];
  for (const table of tables) {
    const columns = columnsOf(before, table);
    const lost = columns.filter((key) => !between.objects[key] || !after.objects[key]);
    if (lost.length > 0) {
      older.push(
        lost.length === columns.length
          ? `${table}: the table, or each of its columns, is dropped on the way`
          : `${table}: ${namesOf(before, lost)} dropped on the way`,
      );
    }
    const added = columnsOf(between, table).filter((key) => !before.objects[key]);
    const gone = added.filter((key) => !after.objects[key]);
    if (gone.length > 0) own.push(`${table}: ${namesOf(between, gone)} dropped by the script`);
  }
  return {
    losesData: older.length > 0 ? 'older' : own.length > 0 ? 'own' : 'none',
    notes: [...older, ...own],
  };
}

function columnsOf({ objects }: CatalogSnapshot, table: string): string[] {
  return Object.entries(objects).flatMap(([key, { kind, parent }]) =>
    kind === 'column' && parent === table ? [key] : [],
  );
}

function namesOf({ objects }: CatalogSnapshot, keys: readonly string[]): string {
  const names = keys.map((key) => objects[key]?.name ?? key);
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'}`;
}
