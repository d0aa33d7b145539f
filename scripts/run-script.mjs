import { spawn } from 'node:child_process';
import { ensureBrowser, ensureBuilt, ensureClientTools, ensureInstalled } from './ensure.mjs';
import { root } from './lib-command.mjs';

/** Runs a TypeScript program of the scripts folder, after installing and building what it needs. */
export async function runScript(file, { browser = false } = {}) {
  await ensureInstalled();
  await ensureBuilt();
  await ensureClientTools({ required: true });
  const chromium = browser ? await ensureBrowser() : undefined;
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(chromium ? { BACKSTEP_CHROMIUM: chromium } : {}) },
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 1 : (code ?? 1);
  });
}
