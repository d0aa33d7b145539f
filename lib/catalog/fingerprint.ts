import type { CatalogSnapshot } from '@/lib/core/catalog';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';

/**
 * SHA-256 of a schema's structure: equal exactly when `diffCatalogs` finds nothing. The order of columns,
 * owners and access rights do not count. Only comparable between servers of one major version, because
 * each prints expressions in its own way.
 */
export function fingerprint(snapshot: CatalogSnapshot): string {
  const structure = Object.keys(snapshot.objects)
    .sort()
    .map((key) => {
      const object = snapshot.objects[key];
      return object && [object.kind, object.name, object.parent ?? null, object.attributes];
    });
  return sha256Hex(canonicalJson(structure));
}
