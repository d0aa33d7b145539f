import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/**
 * npm may be killed without a chance to tell anybody; then nobody would ever stop what it has started.
 * Between npm and this process there is a shell, which lives on without it: its parent counts then.
 */
function stopWithParent(child) {
  const starters = startedBy();
  setInterval(() => {
    if (startedBy() !== starters) child.kill('SIGTERM');
  }, PARENT_POLL_MS).unref();
}

function startedBy() {
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event) return `${parent}`;
  try {
    // The second field, the command, may hold spaces and parentheses: count from its end.
    const text = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const command = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const grandparent = text.slice(text.lastIndexOf(')') + 2).split(' ')[1];
    return /^(ba|da|a)?sh$/.test(command) ? `${parent} ${grandparent}` : `${parent}`;
  } catch {
    return `${parent}`;
  }
}
