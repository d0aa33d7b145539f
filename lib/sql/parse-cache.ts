import { sha256Hex } from '@/lib/core/digest';
import type { ParsedScript } from '@/lib/core/statement';

/**
 * Reading a thousand scripts takes a second, and a list page reads all of a target's. The bytes decide the
 * result, so it is kept by their hash.
 */
interface Entry {
  result: ParsedScript;
  sourceBytes: number;
}

/** Results take some ten times the bytes of their script. */
const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
const MAX_ENTRIES = 5_000;

class ParseCache {
  private readonly entries = new Map<string, Entry>();
  private sourceBytes = 0;

  get(key: string): ParsedScript | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    // A Map keeps the order of insertion: the least recently used is the first.
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.result;
  }

  put(key: string, entry: Entry): void {
    if (entry.sourceBytes > MAX_SOURCE_BYTES) return;
    this.drop(key);
    this.entries.set(key, entry);
    this.sourceBytes += entry.sourceBytes;
    for (const oldest of this.entries.keys()) {
      if (this.sourceBytes <= MAX_SOURCE_BYTES && this.entries.size <= MAX_ENTRIES) return;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.sourceBytes -= entry.sourceBytes;
  }
}

/** Bundlers may give two copies of this module to one process; the cache is shared all the same. */
const SHARED = Symbol.for('backstep.parse-cache');
const shared = globalThis as typeof globalThis & { [SHARED]?: ParseCache };

/** The kept result for these bytes and this context, else the one that `parse` gives. */
export async function cachedParse(
  bytes: Uint8Array,
  context: { tracking: { schema: string; table: string } },
  parse: () => Promise<ParsedScript>,
): Promise<ParsedScript> {
  shared[SHARED] ??= new ParseCache();
  const cache = shared[SHARED];
  const { schema, table } = context.tracking;
  const key = JSON.stringify([sha256Hex(bytes), schema, table]);
  const kept = cache.get(key);
  if (kept) return kept;
  const result = freeze(await parse());
  cache.put(key, { result, sourceBytes: bytes.byteLength });
  return result;
}

/** Everybody gets the same object, so nobody may change it. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
}
