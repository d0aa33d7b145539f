import type { CatalogSnapshot } from '@/lib/core/catalog';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';

/** Long enough to tell two versions of one object apart; the fingerprint is what proves. */
const HASH_LENGTH = 12;

/** A short hash of each object, by `<kind> <name>`; of its structure alone, as in the fingerprint. */
export function schemaObjectHashes(snapshot: CatalogSnapshot): Record<string, string> {
  return Object.fromEntries(
    Object.entries(snapshot.objects).map(([key, { kind, name, parent, attributes }]) => [
      key,
      sha256Hex(canonicalJson({ kind, name, parent, attributes })).slice(0, HASH_LENGTH),
    ]),
  );
}

const MOST_NAMED = 6;

/** Which objects differ, in words: `column public.rooms.topic is new`. */
export function nameSchemaDifferences(
  before: Record<string, string>,
  after: Record<string, string>,
): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const differences = keys.flatMap((key) => {
    const plain = inWords(key);
    if (!Object.hasOwn(before, key)) return [`${plain} is new`];
    if (!Object.hasOwn(after, key)) return [`${plain} is gone`];
    return before[key] === after[key] ? [] : [`${plain} changed`];
  });
  const more = differences.length - MOST_NAMED;
  return more > 0
    ? [...differences.slice(0, MOST_NAMED), `${more} more ${more === 1 ? 'object' : 'objects'}`]
    : differences;
}

/** `materialized_view public.a_b` → `materialized view public.a_b` */
function inWords(key: string): string {
  const space = key.indexOf(' ');
  return `${key.slice(0, space).replaceAll('_', ' ')}${key.slice(space)}`;
}
