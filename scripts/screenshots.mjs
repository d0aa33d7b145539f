import { runScript } from './run-script.mjs';

await runScript('scripts/screenshots/main.ts', { browser: true });
