import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureClientTools, ensureInstalled } from './ensure.mjs';

const PARENT_POLL_MS = 500;

const root = fileURLToPath(new URL('..', import.meta.url));

/** Installs and builds what is missing, then becomes the given program: signals and exit code are its own. */
export async function startBuilt(program) {
  await ensureInstalled();
  await ensureBuilt();
  await ensureClientTools({ required: false });
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/${program}`], {
    cwd: root,
    // The channel is its lifeline: when this process is killed, it stops as if it had been asked to.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  stopWithParent(child);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both; the child takes two at once for one.
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

/** npm may be killed without a chance to tell anybody; then nobody would ever stop what it has started. */
function stopWithParent(child) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, PARENT_POLL_MS).unref();
}
