import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '@/lib/core/digest';

export interface Folder {
  migrations: string;
  rollbacks: string;
  /** Newest first. */
  scripts: { file: string; hash: string; when: number }[];
}

const FIRST_WHEN = Date.UTC(2024, 0, 1);

/**
 * A drizzle folder with a rollback script for each migration.
 * @param first whether the first has one, too; otherwise there is something to roll back to
 */
export async function writeFolder(
  home: string,
  count: number,
  sqlOf: (n: number) => { up: string; down: string },
  { first = false } = {},
): Promise<Folder> {
  const migrations = path.join(home, 'drizzle');
  const rollbacks = path.join(home, 'rollback');
  await mkdir(path.join(migrations, 'meta'), { recursive: true });
  await mkdir(rollbacks, { recursive: true });
  const entries: object[] = [];
  const scripts: Folder['scripts'] = [];
  for (let n = 0; n < count; n++) {
    const number = String(n).padStart(4, '0');
    const tag = `${number}_step`;
    const when = FIRST_WHEN + n * 60_000;
    const { up, down } = sqlOf(n);
    await writeFile(path.join(migrations, `${tag}.sql`), up);
    entries.push({ idx: n, version: '7', when, tag, breakpoints: true });
    const file = path.join(rollbacks, `${number}_rollback.sql`);
    if (n > 0 || first) {
      await writeFile(file, down);
      scripts.unshift({ file, hash: sha256Hex(up), when });
    }
  }
  await writeFile(
    path.join(migrations, 'meta', '_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  return { migrations, rollbacks, scripts };
}
