import { type BigIntStats, stat } from 'node:fs';

interface CachedFile {
  version: string;
  value: unknown;
}

/** Above what any folder has; only there so that the cache can't grow without end. */
const MOST_FILES = 50_000;

/**
 * What was made of files, for the whole process. Next loads a module once for each of its bundles,
 * so module scope would give several caches: this one hangs on globalThis.
 */
const CACHE_KEY = Symbol.for('backstep.migration-files');

function cache(): Map<string, CachedFile> {
  const holder = globalThis as { [CACHE_KEY]?: Map<string, CachedFile> };
  holder[CACHE_KEY] ??= new Map();
  return holder[CACHE_KEY];
}

/**
 * By what a file is known to be the same: inode, size, mtime and ctime.
 * @throws whatever stat throws
 */
export async function versionOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await statOf(path);
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** The same, asking the disk once for each file: for one reading of a folder, not for longer. */
export function rememberVersions(): typeof versionOf {
  const known = new Map<string, Promise<string>>();
  return (path) => {
    const version = known.get(path) ?? versionOf(path);
    known.set(path, version);
    return version;
  };
}

/**
 * What `make` makes of a file, made again only when its version is another. Good for pages; where
 * bytes are pinned or compared, read the file itself.
 * @param purpose tells apart values of different making
 * @throws whatever stat and `make` throw
 */
export async function cachedByFile<T>(
  path: string,
  purpose: string,
  make: () => Promise<T>,
  ask: typeof versionOf = versionOf,
): Promise<T> {
  const version = await ask(path);
  const key = `${purpose}\0${path}`;
  const known = cache().get(key);
  // The purpose is part of the key, so that the value under it is always a T.
  if (known?.version === version) return known.value as T;
  const value = await make();
  if (cache().size >= MOST_FILES) cache().clear();
  cache().set(key, { version, value });
  return value;
}

/** The promise of node:fs/promises costs more than twice the call; a folder has thousands of files. */
function statOf(path: string): Promise<BigIntStats> {
  return new Promise((resolve, reject) => {
    stat(path, { bigint: true }, (error, stats) => (error ? reject(error) : resolve(stats)));
  });
}
