import { migrationsAt } from './migrations-at';
import { listTags, readTags, type Tag } from './read-tags';

interface TaggedRelease extends Tag {
  migrations: string[];
}

/** What the tags of a folder hold, for as long as the list of tags is this one. */
interface Read {
  list: string;
  releases: Promise<TaggedRelease[] | null>;
}

/** Next loads a module once for each of its bundles, so that module scope would give several caches. */
const CACHE_KEY = Symbol.for('backstep.tagged-releases');

function cache(): Map<string, Read> {
  const holder = globalThis as { [CACHE_KEY]?: Map<string, Read> };
  holder[CACHE_KEY] ??= new Map();
  return holder[CACHE_KEY];
}

/**
 * The newest tag of the folder's repository at which the newest migration is `head`, and none is in the
 * folder that is not among `expected`.
 */
export async function findTaggedRelease(
  folder: string,
  head: string,
  expected: ReadonlySet<string>,
): Promise<Tag | undefined> {
  const releases = await taggedReleases(folder);
  return releases?.find(
    ({ migrations }) => migrations.at(-1) === head && migrations.every((tag) => expected.has(tag)),
  );
}

/** Newest first; null where there is no repository, or none that git opens for this user. */
async function taggedReleases(folder: string): Promise<TaggedRelease[] | null> {
  const list = await listTags(folder);
  if (!list) return null;
  const known = cache().get(folder);
  if (known?.list === list) return known.releases;
  const releases = readReleases(folder, list);
  cache().set(folder, { list, releases });
  // What could not be read this time may be there the next.
  if ((await releases) === null && cache().get(folder)?.releases === releases)
    cache().delete(folder);
  return releases;
}

async function readReleases(folder: string, list: string): Promise<TaggedRelease[] | null> {
  const tags = await readTags(folder, list);
  if (!tags) return null;
  const migrations = await migrationsAt(folder, tags);
  return tags.flatMap((tag) => {
    const found = migrations.get(tag.tree);
    return found ? [{ ...tag, migrations: found }] : [];
  });
}
