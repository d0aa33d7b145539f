import { createHash } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root, run } from './lib-command.mjs';
import { isTestFile } from './lib-test-files.mjs';

/** What the build is made from. Tests and documentation may change without a new build. */
const SOURCES = [
  'app',
  'components',
  'lib',
  'public',
  'next.config.mjs',
  'package-lock.json',
  'postcss.config.mjs',
  'scripts/build.mjs',
  'tsconfig.json',
];

/** The programs that run beside or around Next, each bundled into dist/<name>.mjs. */
export const PROGRAMS = {
  demo: 'lib/demo/main.ts',
  executor: 'lib/executor/main.ts',
  serve: 'lib/serve/main.ts',
  web: 'lib/serve/web.ts',
};

/** What a complete build leaves behind. */
const PRODUCTS = ['.next/BUILD_ID', ...Object.keys(PROGRAMS).map((name) => `dist/${name}.mjs`)];
const STAMP = '.next/backstep-sources';

/** Builds when a source has changed since the last complete build. Says nothing when none has. */
export async function ensureBuilt() {
  if (await isBuilt(root)) return;
  console.log('Building (npm run build) ...');
  await run(process.execPath, ['scripts/build.mjs']);
}

export async function isBuilt(folder) {
  const [stamp, hash] = await Promise.all([
    readFile(path.join(folder, STAMP), 'utf8').catch(() => ''),
    hashSources(folder),
  ]);
  if (stamp !== hash) return false;
  const products = PRODUCTS.map((product) => access(path.join(folder, product)));
  return (await Promise.allSettled(products)).every(({ status }) => status === 'fulfilled');
}

/**
 * Records that the build comes from sources with this hash, which the caller took before it began:
 * what was edited meanwhile counts as not built.
 */
export async function recordBuild(folder, hash) {
  await writeFile(path.join(folder, STAMP), hash);
}

/** SHA-256 over names and contents of all sources, the build's unless others are named. */
export async function hashSources(folder, sources = SOURCES) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await filesBelow(folder, source)) {
      if (isTestFile(file)) continue;
      const content = await readFile(path.join(folder, file));
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

/** The files at or below a path, as paths with slashes, in a fixed order. */
async function filesBelow(folder, source) {
  const entries = await readdir(path.join(folder, source), { withFileTypes: true }).catch(
    (error) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    },
  );
  if (!entries) {
    const exists = await access(path.join(folder, source)).then(
      () => true,
      () => false,
    );
    return exists ? [source] : [];
  }
  const names = entries.map(({ name }) => name).sort();
  const nested = await Promise.all(names.map((name) => filesBelow(folder, `${source}/${name}`)));
  return nested.flat();
}
