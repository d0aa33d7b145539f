import type pg from 'pg';
import { diffCatalogs, settleWording } from '@/lib/catalog';
import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { canonicalJson } from '@/lib/core/digest';

/** A scratch database against a live schema. */
export interface LiveComparison {
  /** `before` is the scratch database, `after` the live schema; wording alone is no difference. */
  differences: SchemaChange[];
  /**
   * A later snapshot of the scratch database, with what means the same in the words of the live
   * schema. What a step changes is then told as it will be told of the live database, where an
   * expression may have been through a dump once more or less.
   */
  inLiveWords(snapshot: CatalogSnapshot): CatalogSnapshot;
}

/**
 * Compares a scratch database with a live schema.
 * @param client on the scratch database
 */
export async function compareWithLive(
  client: pg.Client,
  scratch: CatalogSnapshot,
  live: CatalogSnapshot,
): Promise<LiveComparison> {
  const found = diffCatalogs(scratch, live);
  const differences = await settleWording(client, scratch, live, found);
  const real = new Set(differences.map(keyOf));
  const reworded = found.map(keyOf).filter((key) => !real.has(key));
  return {
    differences,
    inLiveWords(snapshot) {
      const objects = { ...snapshot.objects };
      for (const key of reworded) {
        const [was, is, said] = [scratch.objects[key], objects[key], live.objects[key]];
        // One that a step has changed is in the step's own words.
        if (was && is && said && canonicalJson(was.attributes) === canonicalJson(is.attributes)) {
          objects[key] = { ...is, attributes: said.attributes };
        }
      }
      return { ...snapshot, objects };
    },
  };
}

const keyOf = ({ kind, name }: SchemaChange): string => `${kind} ${name}`;
