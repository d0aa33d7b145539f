import { readFile } from 'node:fs/promises';
import { parseScript } from '@/lib/sql';

/** Reads one script as a run would, for whoever watches what that takes. */
const [file = ''] = process.argv.slice(2);
const parsed = await parseScript(await readFile(file), {
  tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
});
console.log(
  parsed.ok ? `${parsed.statements.length} statements` : (parsed.refusals[0]?.message ?? ''),
);
