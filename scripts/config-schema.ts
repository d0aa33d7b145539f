import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '@/lib/config';

/** Writes the editors' schema of the configuration file. Run: npx tsx scripts/config-schema.ts, then npm run format */
const file = fileURLToPath(new URL('../docs/backstep.config.schema.json', import.meta.url));
await writeFile(file, configJsonSchema());
