import type { CatalogKind, CatalogObject, CatalogSnapshot, ClusterKind } from '@/lib/core/catalog';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';

const SURROUNDINGS: Record<ClusterKind, true> = {
  role: true,
  setting: true,
  database: true,
  tablespace: true,
  parameter: true,
  subscription: true,
  user_mapping: true,
  comment: true,
};

const isStructure = (kind: CatalogKind) => !Object.hasOwn(SURROUNDINGS, kind);

/**
 * SHA-256 of a schema's structure: equal exactly when `diffCatalogs` finds nothing in two ordinary
 * snapshots. The order of columns, owners and access rights do not count, nor does what a snapshot with
 * `cluster` has besides. Only comparable between servers of one major version, because
 * each prints expressions in its own way.
 */
export function fingerprint(snapshot: CatalogSnapshot): string {
  const { objects } = snapshot;
  const structure: string[] = [];
  for (const key of Object.keys(objects).sort()) {
    const object = objects[key];
    if (object && isStructure(object.kind)) structure.push(structureOf(object));
  }
  return sha256Hex(`[${structure.join(',')}]`);
}

/** Of objects that can't change any more: a follower hands on thousands of them from step to step. */
const kept = new WeakMap<CatalogObject, string>();

function structureOf(object: CatalogObject): string {
  const known = kept.get(object);
  if (known !== undefined) return known;
  const { kind, name, parent, attributes } = object;
  const structure = canonicalJson([kind, name, parent ?? null, attributes]);
  if (Object.isFrozen(object) && Object.isFrozen(attributes)) kept.set(object, structure);
  return structure;
}
