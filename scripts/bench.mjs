import { runScript } from './run-script.mjs';

const wanted = process.argv.slice(2);
await runScript('scripts/bench/main.ts', {
  browser: wanted.length === 0 || wanted.includes('timeline'),
});
