import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { FolderEntry } from './folder-entries';
import { stemsOf } from './script-names';

/** How deep scripts may lie. More is another project's tree. */
const DEEPEST = 4;

export interface FoundScripts {
  /** By path within the folder, with `/`. */
  scripts: Map<string, FolderEntry>;
  /** Files in a folder of scripts that are neither scripts nor documentation. */
  strays: string[];
}

/** Where scripts are looked for. */
export type ScriptHome =
  /** A folder of scripts: everything in it is one, by whatever name. */
  | 'scripts'
  /** The folder of the migrations: only what says 'down', in its own name or its folder's, is one. */
  | 'migrations';

/** What the migrations folder holds of its own. */
export interface MigrationsKnown {
  folder: string;
  /** Of the migrations' own files, within it. */
  paths: ReadonlySet<string>;
  tags: ReadonlySet<string>;
}

/**
 * The rollback scripts of a folder and of the folders below it. Migrations are none: neither what
 * `migrations` names nor, where that folder lies further down, anything in it. `.up.sql` files and
 * folders called `up` are left alone, and so are hidden ones, node_modules and links to folders.
 * @param folder where to look
 * @param everything take all files but migrations and documentation, for a pattern to choose from
 * @throws the file system's error when `folder` can't be read
 */
export async function findScripts(
  folder: string,
  home: ScriptHome,
  known: MigrationsKnown,
  everything = false,
): Promise<FoundScripts> {
  const found: FoundScripts = { scripts: new Map(), strays: [] };
  const forbidden = home === 'scripts' ? await realpath(known.folder).catch(() => null) : null;
  const walk = async (at: string, inside: string, place: Place, depth: number) => {
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries) {
      const { name } = entry;
      if (name.startsWith('.') || name === 'node_modules') continue;
      const within = inside === '' ? name : `${inside}/${name}`;
      const full = path.join(at, name);
      if (entry.isDirectory()) {
        if (depth >= DEEPEST || UP_FOLDER.test(name)) continue;
        if (forbidden !== null && (await realpath(full)) === forbidden) continue;
        await walk(full, within, placeOf(name, place, known.tags), depth + 1);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        if (home === 'migrations' && known.paths.has(within)) continue;
        const kind = everything ? kindForPattern(name) : kindOf(name, place, known.tags);
        if (kind === 'stray') found.strays.push(within);
        if (kind === 'script') {
          found.scripts.set(within, { name: within, path: full, link: entry.isSymbolicLink() });
        }
      }
    }
  };
  await walk(folder, '', home === 'scripts' ? 'scripts' : 'mixed', 0);
  return found;
}

/** Whether all files of a folder are scripts, or only those that say so. */
type Place = 'scripts' | 'mixed';

const UP_FOLDER = /^ups?$/i;
const UP_FILE = /\.up\.sql$/i;
const SQL = /\.sql$/i;
const DOCUMENTATION = /\.(md|markdown|txt)$|^(readme|license)$/i;

function placeOf(folder: string, above: Place, tags: ReadonlySet<string>): Place {
  if (above === 'scripts') return 'scripts';
  // A 1.0 folder may well be called after what its migration undoes.
  return stemsOf(folder).saysDown && !tags.has(folder) ? 'scripts' : 'mixed';
}

type Kind = 'script' | 'stray' | 'neither';

const kindForPattern = (name: string): Kind => (DOCUMENTATION.test(name) ? 'neither' : 'script');

function kindOf(name: string, place: Place, tags: ReadonlySet<string>): Kind {
  if (!SQL.test(name))
    return place === 'scripts' && !DOCUMENTATION.test(name) ? 'stray' : 'neither';
  const stems = stemsOf(name);
  if (UP_FILE.test(name) && !tags.has(stems.whole)) return 'neither';
  return place === 'scripts' || stems.saysDown ? 'script' : 'neither';
}
