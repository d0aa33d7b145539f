#!/usr/bin/env node
import { pathToFileURL } from 'node:url';
import { ensureCommandLine } from '../scripts/lib-command-line.mjs';

/** `npx backstep`: bundles the command line when its sources have changed, then becomes it. */
process.setSourceMapsEnabled(true);
let program;
try {
  program = await ensureCommandLine();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
await import(pathToFileURL(program).href);
