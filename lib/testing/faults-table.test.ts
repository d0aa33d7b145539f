import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

/** A table that names tests which are not there proves nothing. */
it('the table of faults names tests that exist', async () => {
  const rows = (await readFile('docs/faults.md', 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('.test.ts'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows.length).toBeGreaterThan(40);
  const missing: string[] = [];
  for (const [, fault, , file = '', name = ''] of rows) {
    const text = await readFile(file.replaceAll('`', ''), 'utf8').catch(() => '');
    if (!text.includes(name.replaceAll("'", "\\'")) && !text.includes(name)) {
      missing.push(`${fault}: ${file}, ${name}`);
    }
  }
  expect(missing).toEqual([]);
});
