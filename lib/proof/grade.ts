import type pg from 'pg';
import { columnOrderChanges, diffCatalogs, settleWording, splitDifference } from '@/lib/catalog';
import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import type { Grade } from '@/lib/core/proof';

/** How one state of the schema differs from another. */
export interface SchemaDifference {
  changes: SchemaChange[];
  residue: string[];
  missing: string[];
  /** Tables whose columns stand in another order. */
  reordered: string[];
}

export const isSame = ({ changes, reordered }: SchemaDifference): boolean =>
  changes.length === 0 && reordered.length === 0;

/**
 * Compares two states of one database, rights and roles included. Definitions whose words differ and
 * whose meaning is the same are no difference.
 * @param client on the database as it is in `after`
 */
export async function compareStates(
  client: pg.ClientBase,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): Promise<SchemaDifference> {
  const found = diffCatalogs(before, after, { rights: true });
  const changes = found.length > 0 ? await settleWording(client, before, after, found) : found;
  const { residue, missing } = splitDifference(before, after, { rights: true, changes });
  return { changes, residue, missing, reordered: columnOrderChanges(before, after) };
}

/** What the states before the migration, after it and after its script are to each other. */
export interface TripDifferences {
  /** The migration: before → after up. Only needed where the script changes nothing. */
  up: SchemaDifference | null;
  /** The script: after up → after down. */
  down: SchemaDifference;
  /** Both: before → after down. */
  whole: SchemaDifference;
}

/** The grade of a script that ran without an error. */
export function gradeOf({ up, down, whole }: TripDifferences): Grade {
  if (isSame(down)) return !up || isSame(up) ? 'no_schema_change' : 'no_effect';
  if (whole.residue.length > 0) {
    return whole.missing.length > 0 ? 'residue_and_missing' : 'leaves_residue';
  }
  if (whole.missing.length > 0) return 'removes_too_much';
  // Some differences have no side: an attribute that is unset in both and yet not the same.
  if (whole.changes.length > 0) return 'residue_and_missing';
  return whole.reordered.length > 0 ? 'column_order_only' : 'exact';
}
