import { defineConfig } from 'drizzle-kit';

/** For `npx drizzle-kit generate` after a change of lib/control/schema.ts. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './lib/control/schema.ts',
  out: './lib/control/migrations',
});
