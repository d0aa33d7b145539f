import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import { UnreplayableError } from './unreplayable';

/** A migration of a replay, as a plan pins it. */
export interface ReplayFile {
  tag: string;
  when: number;
  hash: string;
  breakpoints: boolean;
  /** Within the migrations folder: `0001_a.sql`, `20260101000000_a/migration.sql`. */
  path: string;
  /** Its text, where it has been read already; else the file is read now. */
  sql?: string;
}

export interface ReplayFolder {
  path: string;
  /** The migrations' texts, in the order of the replay. */
  texts: string[];
  dispose(): Promise<void>;
}

/**
 * A journal folder with exactly these migrations, in this order, for drizzle's own migrator. Both of
 * drizzle's layouts can be read; the migrator of the installed version knows this one only.
 * @param migrationsFolder where the files are
 * @throws BackstepError `plan_stale` when a file is gone or no longer the pinned one;
 *   UnreplayableError when there has never been one
 */
export async function createReplayFolder(
  migrationsFolder: string,
  files: readonly ReplayFile[],
): Promise<ReplayFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-replay-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const texts: string[] = [];
    for (const [index, file] of files.entries()) {
      const text = await pinnedText(migrationsFolder, file);
      texts.push(text);
      await writeFile(path.join(folder, `${tagAt(index)}.sql`), text);
    }
    const journal = {
      version: '7',
      dialect: 'postgresql',
      entries: files.map(({ when, breakpoints }, idx) => ({
        idx,
        version: '7',
        when,
        tag: tagAt(idx),
        breakpoints,
      })),
    };
    await mkdir(path.join(folder, 'meta'));
    await writeFile(path.join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
    return { path: folder, texts, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** By position: two migrations may have one tag, and a tag may hold what no file name can. */
const tagAt = (index: number): string => String(index).padStart(6, '0');

async function pinnedText(folder: string, { path: name, hash, sql }: ReplayFile): Promise<string> {
  // A migration that the journal names and that has no file: it was applied, and nobody knows what it did.
  if (hash === '') throw new UnreplayableError(`${name} is in the journal and not in the folder`);
  const text = sql ?? (await readText(path.join(folder, name)));
  if (sha256Hex(text) === hash) return text;
  throw new BackstepError(
    'plan_stale',
    `${name} has changed since the plan was pinned. Pin the plan again, then it is rehearsed anew.`,
  );
}

async function readText(file: string): Promise<string> {
  try {
    // As text, as drizzle reads it: its hash is over the decoded file.
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BackstepError(
      'plan_stale',
      `${file} can’t be read any more (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}). Put it back, then rehearse again.`,
      { cause },
    );
  }
}
