/**
 * Adds to package-lock.json the optional packages for other platforms that npm left out.
 *
 * npm writes an entry only for what its registry offers. A mirror that lacks the packages of other
 * platforms so yields a lock file that `npm ci` refuses with "Missing ... from lock file", on every
 * registry. Run this after an installation that changed the lock file. The added entries have no
 * checksum: nobody has seen those files, and npm asks the registry for them where they are wanted.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SYSTEMS = {
  aix: 'aix',
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  linuxmusl: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  win32: 'win32',
  windows: 'win32',
};
const PROCESSORS = {
  arm: 'arm',
  arm64: 'arm64',
  ia32: 'ia32',
  loong64: 'loong64',
  mips64el: 'mips64el',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  wasm32: 'wasm32',
  x64: 'x64',
};
const LIBRARIES = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  linuxmusl: 'musl',
  musl: 'musl',
  musleabihf: 'musl',
};

/**
 * @param {{ packages: Record<string, object> }} lock the content of package-lock.json; changed
 * @returns {string[]} the places that were added, such as node_modules/@esbuild/aix-ppc64
 */
export function completeLock(lock) {
  const added = [];
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = /\d+\.\d+\.\d+\S*/.exec(range)?.[0];
      if (!version || isThere(lock.packages, parent, name, range)) continue;
      const place = placeFor(lock.packages, parent, name);
      lock.packages[place] = {
        version,
        ...(entry.dev && { dev: true }),
        ...platformOf(name),
        optional: true,
      };
      added.push(place);
    }
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  return added;
}

/** Whether Node, looking from `parent` upwards, finds the package in the version that is wanted. */
function isThere(packages, parent, name, range) {
  const found = placesUpwards(parent, name)
    .map((place) => packages[place])
    .find((entry) => entry !== undefined);
  if (!found) return false;
  const isExact = /^\d/.test(range);
  return !isExact || found.version === range;
}

/** At the top, unless another version has that place; then inside the package that wants it. */
function placeFor(packages, parent, name) {
  const top = `node_modules/${name}`;
  const isNested = parent.lastIndexOf('node_modules/') > 0;
  return packages[top] || isNested ? `${parent}/${top}` : top;
}

function placesUpwards(parent, name) {
  const folders = [''];
  for (let folder = parent; folder !== ''; ) {
    folders.splice(-1, 0, `${folder}/`);
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
  }
  return folders.map((folder) => `${folder}node_modules/${name}`);
}

/** What such packages' names tell: @next/swc-linux-x64-musl is for musl on 64-bit Intel Linux. */
function platformOf(name) {
  const words = name.split(/[-_/.]/);
  const look = (table) => words.map((word) => table[word]).find((value) => value !== undefined);
  const [cpu, os, libc] = [look(PROCESSORS), look(SYSTEMS), look(LIBRARIES)];
  return {
    ...(cpu && { cpu: [cpu] }),
    ...(os === 'linux' && libc && { libc: [libc] }),
    ...(os && { os: [os] }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lock = JSON.parse(await readFile(file, 'utf8'));
  const added = completeLock(lock);
  if (added.length > 0) await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${added.length} added to package-lock.json`);
}
