/**
 * Who imports whom among the project's TypeScript files. dependency-cruiser reads TypeScript by the
 * compiler's programming interface, which version 7 does not have.
 */
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

const SOURCE = /\.tsx?$/;
/** What an import without an ending may mean, in the order in which a bundler tries. */
const ENDINGS = ['', '.ts', '.tsx', '.d.ts', '/index.ts', '/index.tsx'];
/** `import('x')`, as a value or inside a type, where the parser's list has no types. */
const IMPORT_CALL = /\bimport\(\s*(['"])([^'"]+)\1/g;

/**
 * @typedef {object} Import
 * @property {string} from the importing file, relative to the project
 * @property {string} to a file of the project, or `npm:<package>`, or `node:<module>`
 * @property {boolean} isType whether it is gone at run time
 * @property {boolean} isMissing whether `to` is a path at which nothing was found
 */

/**
 * Reads all imports of the TypeScript files below some folders.
 *
 * @param {string} root the project's folder; `@/` stands for it
 * @param {string[]} folders
 * @returns {Promise<{ files: string[], imports: Import[] }>}
 */
export async function readImports(root, folders) {
  const present = await Promise.all(folders.map((folder) => filesBelow(root, folder)));
  const files = present.flat().filter((file) => SOURCE.test(file));
  const known = new Set(present.flat());
  const imports = await Promise.all(
    files.map(async (from) => {
      const text = await readFile(path.join(root, from), 'utf8');
      return importsOf(from, text).map(({ request, isType }) => ({
        from,
        isType,
        ...resolve(root, from, request, known),
      }));
    }),
  );
  return { files, imports: imports.flat() };
}

function importsOf(file, text) {
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0].message}`);
  const found = new Map();
  const add = (request, isType) => {
    found.set(request, isType && found.get(request) !== false);
  };
  for (const { moduleRequest, entries } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every(({ isType }) => isType));
  }
  for (const { moduleRequest, isType } of module.staticExports.flatMap(({ entries }) => entries)) {
    if (moduleRequest) add(moduleRequest.value, isType);
  }
  for (const [, , request] of text.matchAll(IMPORT_CALL)) add(request, false);
  return [...found].map(([request, isType]) => ({ request, isType }));
}

function resolve(root, from, request, known) {
  const base = request.startsWith('@/')
    ? request.slice(2)
    : /^\.\.?(\/|$)/.test(request) && path.posix.join(path.posix.dirname(from), request);
  if (!base) {
    const name = request.replace(/^node:/, '');
    const isBuiltin = builtinModules.includes(name);
    return { to: isBuiltin ? `node:${name}` : `npm:${request}`, isMissing: false };
  }
  const candidates = ENDINGS.map((ending) => `${base}${ending}`);
  const to =
    candidates.find((file) => known.has(file)) ?? candidates.find((file) => isFile(root, file));
  return { to: to ?? base, isMissing: to === undefined };
}

/** For what stands outside of the folders that were read. */
function isFile(root, file) {
  return statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() ?? false;
}

async function filesBelow(root, folder) {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
  const files = await Promise.all(
    entries.map((entry) => {
      const file = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, file) : [file];
    }),
  );
  return files.flat().sort();
}

/**
 * The circles among imports that remain at run time, each as the files in it, the first repeated at
 * the end. A type that refers back is no circle: nothing is loaded.
 *
 * @param {Import[]} imports
 * @returns {string[][]}
 */
export function findCircles(imports) {
  const targets = new Map();
  for (const { from, to, isType } of imports) {
    if (!isType) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const finished = new Set();
  const circles = [];
  const visit = (file, trail) => {
    const start = trail.indexOf(file);
    if (start !== -1) {
      circles.push([...trail.slice(start), file]);
      return;
    }
    if (finished.has(file)) return;
    for (const next of targets.get(file) ?? []) visit(next, [...trail, file]);
    finished.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return circles;
}
