/**
 * The arrows between the rooms: app → step rooms → base rooms → core. ARCHITECTURE.md says why; this
 * file holds them, and fails on an import against them.
 */
import { fileURLToPath } from 'node:url';
import { findCircles, readImports } from './lib-imports.mjs';
import { isTestFile } from './lib-test-files.mjs';

const BASE =
  'audit|catalog|config|control|embedded|folders|impact|proof|releases|rescue|restored|scratch|sql|target|undo';
const STEPS = 'approval|backup|decision|history|migrations|plan|rehearsal|restore|run|test-restore';
/** What is put together from rooms: processes, and the adapters to them. */
const TOP = 'auth|cli|demo|executor|serve|server';

const room = (file) => /^lib\/[^/]+\//.exec(file)?.[0];

/** Each rule tells which imports it forbids; tests are free where `tests` says so. */
const RULES = [
  {
    why: 'lib/core computes only: it imports itself, zod, and what has no effects.',
    tests: 'free',
    forbids: (from, to) =>
      /^lib\/core\//.test(from) &&
      !/^lib\/core\/|^npm:zod(\/|$)|^node:(buffer|crypto|util)$/.test(to),
  },
  {
    why: 'Components show core types; what else they need, the page hands to them.',
    tests: 'free',
    forbids: (from, to) =>
      /^components\//.test(from) &&
      (/^(app|e2e|examples|scripts)\/|^lib\/(?!core\/)/.test(to) || isDatabasePackage(to)),
  },
  {
    why: 'A base room serves every step, so it knows none of them, nor who runs them.',
    tests: 'free',
    forbids: (from, to) => inRooms(BASE, from) && (inRooms(STEPS, to) || inRooms(TOP, to)),
  },
  {
    why: 'A step does not know who runs it: the web server, the executor or a test.',
    tests: 'free',
    forbids: (from, to) => inRooms(STEPS, from) && inRooms(TOP, to),
  },
  {
    why: 'Step rooms stand side by side: who calls one hands in what it needs of another.',
    tests: 'free',
    forbids: (from, to) => inRooms(STEPS, from) && inRooms(STEPS, to) && room(from) !== room(to),
  },
  {
    why: 'From outside, a step room is its index.ts; what lies behind may change freely.',
    tests: 'free',
    forbids: (from, to) =>
      inRooms(STEPS, to) && !inRooms(STEPS, from) && !/^lib\/[^/]+\/index\.ts$/.test(to),
  },
  {
    why: 'The executor runs lib/ without any page.',
    tests: 'bound',
    forbids: (from, to) => /^lib\//.test(from) && /^(app|components)\//.test(to),
  },
  {
    why: "Outside of Next's server, its modules fail or do nothing. lib/auth runs in it, lib/serve/web.ts starts it.",
    tests: 'bound',
    forbids: (from, to) =>
      /^lib\/(?!auth\/|serve\/web\.ts)/.test(from) &&
      /^npm:(next|next-auth|server-only)(\/|$)/.test(to),
  },
  {
    why: 'A page or an action calls a verb of a room; the room talks to the database.',
    tests: 'free',
    forbids: (from, to) => /^app\//.test(from) && isDatabasePackage(to),
  },
  {
    why: 'The test harness stays out of what runs in production.',
    tests: 'free',
    forbids: (_from, to) => /^lib\/testing\//.test(to),
  },
];

function inRooms(names, file) {
  return new RegExp(`^lib/(${names})/`).test(file);
}

function isDatabasePackage(to) {
  return /^npm:(pg|drizzle-orm|graphile-worker|libpg-query)(\/|$)/.test(to);
}

/**
 * All imports against the arrows, one line each; none when everything is as it should be.
 *
 * @param {string} root the project's folder
 * @throws Error when there is nothing to check, or a file cannot be read
 */
export async function checkArrows(root) {
  const { files, imports } = await readImports(root, ['app', 'components', 'lib']);
  if (files.length === 0) throw new Error(`No TypeScript file was found below ${root}.`);
  return [
    ...imports
      .filter(({ isMissing }) => isMissing)
      .map(({ from, to }) => `${from} → ${to}: nothing is there.`),
    ...imports.flatMap(({ from, to }) =>
      RULES.filter(
        (rule) => rule.forbids(from, to) && !(rule.tests === 'free' && isTestFile(from)),
      ).map(({ why }) => `${from} → ${to}: ${why}`),
    ),
    ...findCircles(imports).map(
      (circle) => `${circle.join(' → ')}: a circle can only be understood as a whole.`,
    ),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = await checkArrows(fileURLToPath(new URL('..', import.meta.url)));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
