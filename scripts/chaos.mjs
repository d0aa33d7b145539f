import { runScript } from './run-script.mjs';

await runScript('scripts/chaos/main.ts');
