import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** One migration of a folder that a test writes. */
export interface WrittenMigration {
  tag: string;
  up: string;
  when?: number;
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their paths within a folder. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

const FIRST_WHEN = Date.UTC(2026, 0, 1);

/** A journal and its migrations, as drizzle-kit 0.31 writes them. */
export function journalFiles(migrations: readonly WrittenMigration[]): Record<string, string> {
  const entries = migrations.map(({ tag, when }, idx) => ({
    idx,
    version: '7',
    when: when ?? FIRST_WHEN + idx * 60_000,
    tag,
    breakpoints: true,
  }));
  return {
    'meta/_journal.json': JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
    ...Object.fromEntries(migrations.map(({ tag, up }) => [`${tag}.sql`, up])),
  };
}

/** A drizzle folder in a temporary place, with other files beside. */
export async function writtenHistory(
  migrations: readonly WrittenMigration[],
  others: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, { ...journalFiles(migrations), ...others });
  return folder;
}
