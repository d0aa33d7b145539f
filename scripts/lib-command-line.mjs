import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hashSources } from './lib-built.mjs';
import { CommandError, root } from './lib-command.mjs';
import { isInstalled } from './lib-installed.mjs';

const ENTRY = 'lib/cli/main.ts';
const SOURCES = ['lib', 'package-lock.json', 'tsconfig.json', 'scripts/lib-command-line.mjs'];
const PROGRAM = 'backstep.mjs';

/**
 * Bundles the command line when a source has changed since the last time. Standard output is the
 * command's own, so everything said here goes to standard error.
 *
 * @param {string} [folder] the project's
 * @returns {Promise<string>} the program's path
 * @throws CommandError when packages can't be installed, or the folder can't be written
 */
export async function ensureCommandLine(folder = root) {
  await ensurePackages(folder);
  const home = path.join(folder, 'dist', 'cli');
  const program = path.join(home, PROGRAM);
  const stamp = path.join(home, 'sources');
  const hash = await hashSources(folder, SOURCES);
  const isFresh = (await readFile(stamp, 'utf8').catch(() => '')) === hash;
  if (isFresh && (await exists(program))) return program;
  try {
    await bundleInto(home, folder);
    await writeFile(stamp, hash);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    throw new CommandError(
      'Bundling the command line',
      error.code,
      `${home} can't be written. Run backstep once as the owner of that folder.`,
    );
  }
  return program;
}

/** Several commands may begin at once: each bundles for itself, and what stands there is always whole. */
async function bundleInto(home, folder) {
  await mkdir(home, { recursive: true });
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [ENTRY],
    outfile: path.join(home, PROGRAM),
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    // Not by tsconfig.json: esbuild passes over its paths for files below node_modules.
    alias: { '@': folder },
    sourcemap: true,
    logLevel: 'warning',
  });
  for (const file of outputFiles) {
    const own = `${file.path}.${randomUUID()}`;
    await writeFile(own, file.contents);
    await rename(own, file.path);
  }
}

/** As a dependency of another project, npm has installed everything, and there is no lock file. */
async function ensurePackages(folder) {
  if (!(await exists(path.join(folder, 'package-lock.json')))) return;
  if (await isInstalled(folder, false)) return;
  process.stderr.write('Installing packages (npm ci) ...\n');
  const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new CommandError('npm ci', `exit code ${code}`, 'Its words are above.');
}

function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}
