import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BackstepError } from '@/lib/core/errors';
import { cachedByFile } from './file-cache';
import { fileErrorCode } from './folder-entries';

const VERSIONS = ['5', '6', '7'];
const DIALECTS = ['postgresql', 'pg'];

const journal = z.object({
  version: z.string(),
  dialect: z.string(),
  entries: z.array(
    z.object({
      idx: z.int(),
      when: z.int().min(0),
      // A tag is a file name: with a folder in it, it could name any file of the machine.
      tag: z.string().regex(/^[^/\\\0]+$/),
      breakpoints: z.boolean().default(true),
    }),
  ),
});

export type JournalEntry = z.infer<typeof journal>['entries'][number];

const journalPath = (folder: string): string => path.join(folder, 'meta', '_journal.json');

/**
 * Reads drizzle's journal (drizzle-kit's versions 5 to 7).
 * @param fresh read the file itself instead of what is remembered of it
 * @returns undefined where there is none
 * @throws BackstepError `journal_invalid` naming the file and what is wrong
 */
export async function readJournal(
  folder: string,
  fresh: boolean,
): Promise<JournalEntry[] | undefined> {
  const file = journalPath(folder);
  try {
    const parse = async () => parseJournal(await readFile(file, 'utf8'), file);
    return fresh ? await parse() : await cachedByFile(file, 'journal', parse);
  } catch (error) {
    if (error instanceof BackstepError) throw error;
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw invalid(
      file,
      'can’t be read. Check that it is a file and that this user may read it.',
      error,
    );
  }
}

/** Neither layout of drizzle's was found in a folder. */
export function noJournal(folder: string): BackstepError {
  return invalid(
    journalPath(folder),
    'does not exist. Point `migrations` of the target at the folder that drizzle-kit generates into, the one with meta/_journal.json or, with drizzle 1.0, with a folder for each migration.',
  );
}

function parseJournal(text: string, file: string): JournalEntry[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw invalid(file, 'is not JSON. Look for a merge conflict or a cut-off end in it.', error);
  }
  const parsed = journal.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the whole';
    throw invalid(
      file,
      `is not a journal of drizzle: ${where} is not as expected (${issue?.message ?? 'unknown'}). Restore it from version control.`,
    );
  }
  const { version, dialect, entries } = parsed.data;
  if (!DIALECTS.includes(dialect)) {
    throw invalid(file, `has the dialect '${dialect}'. Backstep rolls back PostgreSQL only.`);
  }
  if (!VERSIONS.includes(version)) {
    throw invalid(
      file,
      `has version '${version}'; versions ${VERSIONS.join(', ')} are known. Upgrade the folder with drizzle-kit up, or Backstep.`,
    );
  }
  const seen = new Set<string>();
  for (const { tag } of entries) {
    if (seen.has(tag)) {
      throw invalid(
        file,
        `lists ${tag} twice. Remove one of the two entries, as after a merge that went wrong.`,
      );
    }
    seen.add(tag);
  }
  return entries;
}

function invalid(file: string, what: string, cause?: unknown): BackstepError {
  return new BackstepError('journal_invalid', `${file} ${what}`, { cause, details: { file } });
}
