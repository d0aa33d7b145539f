import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { Plan } from '@/lib/core/plan';

export interface ReplayFolder {
  path: string;
  dispose(): Promise<void>;
}

/**
 * A drizzle folder with exactly the migrations that the plan pinned, in its order, for drizzle's own
 * migrator.
 * @param migrationsFolder the target's
 * @throws BackstepError `plan_stale` when a file is gone or no longer the pinned one
 */
export async function createReplayFolder(
  migrationsFolder: string,
  replay: Plan['replay'],
): Promise<ReplayFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-replay-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    for (const { tag, hash } of replay) {
      await writeFile(
        path.join(folder, `${tag}.sql`),
        await pinnedText(migrationsFolder, tag, hash),
      );
    }
    const journal = {
      version: '7',
      dialect: 'postgresql',
      entries: replay.map(({ tag, when, breakpoints }, idx) => ({
        idx,
        version: '7',
        when,
        tag,
        breakpoints,
      })),
    };
    await mkdir(path.join(folder, 'meta'));
    await writeFile(path.join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
    return { path: folder, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function pinnedText(folder: string, tag: string, hash: string): Promise<string> {
  const file = path.join(folder, `${tag}.sql`);
  let text: string;
  try {
    // As text, as drizzle reads it: its hash is over the decoded file.
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new BackstepError(
      'plan_stale',
      `${file} can’t be read any more (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}). Put it back, then rehearse again.`,
      { cause },
    );
  }
  if (sha256Hex(text) === hash) return text;
  throw new BackstepError(
    'plan_stale',
    `${tag}.sql has changed since the plan was pinned. Pin the plan again, then it is rehearsed anew.`,
  );
}
