import pg from 'pg';
import type { CatalogKind, CatalogObject } from '@/lib/core/catalog';

/** A row of any of the queries. */
export interface ObjectRow {
  unit: number | null;
  kind: CatalogKind;
  name: string;
  parent: string | null;
  position: number | null;
  owner: string | null;
  acl: string[] | null;
  tablespace: string | null;
  attributes: CatalogObject['attributes'];
}

/** Kinds that are nothing without their definition. */
const DEFINED: ReadonlySet<CatalogKind> = new Set([
  'constraint',
  'index',
  'view',
  'materialized_view',
  'trigger',
  'rule',
  'statistics',
]);

/**
 * PostgreSQL's functions that print definitions look at the catalogs as they are now, not as the snapshot
 * has them. For an object that is in the snapshot and gone since, they give null or fail.
 */
class GoneMeanwhile extends Error {
  override readonly name = 'GoneMeanwhile';
}

/** "cache lookup failed for …" has no code of its own. */
const INTERNAL_ERROR = 'XX000';

/** Whether a snapshot failed because somebody else changed the schema in that moment. */
export function changedMeanwhile(error: unknown): boolean {
  if (error instanceof GoneMeanwhile) return true;
  return error instanceof pg.DatabaseError && error.code === INTERNAL_ERROR;
}

/**
 * @throws Error for which `changedMeanwhile` is true, when an object is there without its definition
 */
export function assertWhole(rows: readonly ObjectRow[]): void {
  for (const { kind, name, attributes } of rows) {
    if (DEFINED.has(kind) && typeof attributes.definition !== 'string') {
      throw new GoneMeanwhile(`The definition of ${kind} ${name} is gone.`);
    }
  }
}

export const keyOf = ({ kind, name }: Pick<ObjectRow, 'kind' | 'name'>): string =>
  `${kind} ${name}`;

/** The rows of all queries as objects by their key. */
export function readObjects(results: readonly ObjectRow[][]): Record<string, CatalogObject> {
  const objects: Record<string, CatalogObject> = {};
  for (const rows of results) {
    for (const row of rows) {
      const key = keyOf(row);
      if (Object.hasOwn(objects, key)) throw new Error(`Two objects in the catalog are ${key}.`);
      objects[key] = toObject(row);
    }
  }
  return objects;
}

export function toObject(row: ObjectRow): CatalogObject {
  const { kind, name, parent, position, owner, acl, tablespace, attributes } = row;
  return {
    kind,
    name,
    attributes,
    ...(parent !== null && { parent }),
    ...(position !== null && { position }),
    ...(owner !== null && { owner }),
    ...(acl !== null && { acl }),
    ...(tablespace !== null && { tablespace }),
  } satisfies CatalogObject;
}
