import { askGit } from './ask-git';

/** How many of the newest tags are looked at. */
const MOST_TAGS = 200;

/** A tag of a repository, and the migrations folder as it was there. */
export interface Tag {
  name: string;
  commit: string;
  /** Of the tag itself, or of the commit where it is a plain name for one. */
  taggedAt: string;
  /** Ids of the folder's tree, and of the journal in it. */
  tree: string;
  journal: string | null;
}

/** Tags as a list that is the same as long as none was added, moved or deleted; newest first. */
export async function listTags(folder: string): Promise<string | null> {
  const found = await askGit(folder, [
    'for-each-ref',
    `--count=${MOST_TAGS}`,
    // The last one counts first.
    '--sort=-version:refname',
    '--sort=-creatordate',
    '--format=%(objectname) %(creatordate:iso-strict) %(refname:strip=2)',
    'refs/tags',
  ]);
  return found?.toString('utf8') ?? null;
}

/** The tags of such a list that have the folder. @returns null when git can't say */
export async function readTags(folder: string, list: string): Promise<Tag[] | null> {
  const prefix = await prefixOf(folder);
  if (prefix === null) return null;
  const named = list.split('\n').flatMap((line) => {
    const [id, at, name] = line.split(' ');
    const taggedAt = new Date(at ?? '');
    // Something other than a commit may be tagged; it has no date.
    if (!id || !name || Number.isNaN(taggedAt.getTime())) return [];
    return [{ id, name, taggedAt: taggedAt.toISOString() }];
  });
  const asked = named.flatMap(({ id }) => [
    `${id}^{commit}`,
    `${id}:${prefix.replace(/\/$/, '')}`,
    `${id}:${prefix}meta/_journal.json`,
  ]);
  const answer = await askGit(
    folder,
    ['cat-file', '--batch-check=%(objecttype) %(objectname)'],
    asked.map((name) => `${name}\n`).join(''),
  );
  if (!answer) return null;
  const lines = answer.toString('utf8').split('\n');
  return named.flatMap(({ name, taggedAt }, index) => {
    const [commit, tree, journal] = ['commit', 'tree', 'blob'].map((type, which) =>
      idOf(type, lines[index * 3 + which]),
    );
    if (!commit || !tree) return [];
    return [{ name, taggedAt, commit, tree, journal: journal ?? null }];
  });
}

/** Where the folder lies in its repository: `packages/db/drizzle/`, empty at the top. */
async function prefixOf(folder: string): Promise<string | null> {
  const prefix = (await askGit(folder, ['rev-parse', '--show-prefix']))
    ?.toString('utf8')
    .replace(/\n$/, '');
  // Names are handed to git a line each.
  return prefix === undefined || prefix.includes('\n') ? null : prefix;
}

/** What is missing is answered with its name and a word. */
function idOf(type: string, line: string | undefined): string | undefined {
  return new RegExp(`^${type} ([0-9a-f]+)$`).exec(line ?? '')?.[1];
}
