import type { CatalogKind, CatalogSnapshot, ClusterKind } from '@/lib/core/catalog';
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
  const structure = Object.keys(snapshot.objects)
    .sort()
    .map((key) => {
      const object = snapshot.objects[key];
      return (
        object &&
        isStructure(object.kind) && [
          object.kind,
          object.name,
          object.parent ?? null,
          object.attributes,
        ]
      );
    })
    .filter((parts) => parts !== false);
  return sha256Hex(canonicalJson(structure));
}
