import { z } from 'zod';
import { askGit } from './ask-git';
import type { Tag } from './read-tags';

/** What drizzle reads of a journal that matters here. */
const journal = z.object({ entries: z.array(z.object({ tag: z.string() })) });

/** The migrations of a folder at each of the given tags, in drizzle's order, by the tree's id. */
export async function migrationsAt(
  folder: string,
  tags: readonly Tag[],
): Promise<Map<string, string[]>> {
  const journals = await readJournals(folder, tags);
  const found = new Map<string, string[]>();
  for (const { tree, journal: id } of tags) {
    if (found.has(tree)) continue;
    const entries = id === null ? [] : (journals.get(id) ?? null);
    // A journal that says nothing of itself says nothing of the release either.
    if (entries === null) continue;
    found.set(tree, entries.length > 0 ? entries : await foldersOf(folder, tree));
  }
  return found;
}

/** All journals by one process: releases by the hundred share a few dozen. */
async function readJournals(
  folder: string,
  tags: readonly Tag[],
): Promise<Map<string, string[] | null>> {
  const ids = [...new Set(tags.flatMap(({ journal: id }) => (id ? [id] : [])))];
  if (ids.length === 0) return new Map();
  const output = await askGit(folder, ['cat-file', '--batch'], ids.map((id) => `${id}\n`).join(''));
  const found = new Map<string, string[] | null>();
  let at = 0;
  while (output && at < output.length) {
    const lineEnd = output.indexOf('\n', at);
    if (lineEnd < 0) break;
    const [id, , size] = output.toString('utf8', at, lineEnd).split(' ');
    at = lineEnd + 1;
    const length = Number(size);
    // `<id> missing` has no body.
    if (!id || !Number.isInteger(length)) continue;
    found.set(id, tagsOf(output.toString('utf8', at, at + length)));
    at += length + 1;
  }
  return found;
}

function tagsOf(text: string): string[] | null {
  try {
    const parsed = journal.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.entries.map(({ tag }) => tag) : null;
  } catch {
    return null;
  }
}

/** drizzle 1.0: each folder with a migration.sql in it, sorted by name as its own code sorts them. */
async function foldersOf(folder: string, tree: string): Promise<string[]> {
  const output = await askGit(folder, ['ls-tree', '-r', '-z', '--full-tree', '--name-only', tree]);
  return (output?.toString('utf8') ?? '')
    .split('\0')
    .flatMap((name) => /^([^/]+)\/migration\.sql$/.exec(name)?.[1] ?? [])
    .sort((a, b) => a.localeCompare(b));
}
