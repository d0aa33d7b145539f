import { runScript } from './run-script.mjs';

await runScript('scripts/bench/main.ts');
