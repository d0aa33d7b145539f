import { ensureInstalled } from './ensure.mjs';

await ensureInstalled({ withDev: true });
// Only now: the checks need packages.
const { runChecks } = await import('./lib-checks.mjs');
const { failed } = await runChecks();
process.exitCode = failed > 0 ? 1 : 0;
