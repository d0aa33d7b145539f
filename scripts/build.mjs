import { rm } from 'node:fs/promises';
import path from 'node:path';
import { hashSources, PROGRAMS, recordBuild } from './lib-built.mjs';
import { CommandError, root, runPackage } from './lib-command.mjs';
import { ensureInstalled } from './lib-installed.mjs';

/**
 * Bundles the programs. Packages stay outside: some are native, some read their own files.
 */
async function bundlePrograms() {
  const { build } = await import('esbuild');
  await rm(path.join(root, 'dist'), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    tsconfig: 'tsconfig.json',
    sourcemap: true,
    logLevel: 'warning',
  });
}

async function main() {
  await ensureInstalled();
  const sources = await hashSources(root);
  await bundlePrograms();
  await runPackage('next/dist/bin/next', ['build'], {
    env: { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
    show: true,
  });
  await recordBuild(root, sources);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = 1;
}
