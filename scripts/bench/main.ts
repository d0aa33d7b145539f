import pg from 'pg';
import { startTemporaryServer } from '@/lib/embedded';
import { benchCatalog } from './catalog';
import { benchChain } from './chain';
import { benchEvents } from './events';
import { type Line, words } from './measure';
import { benchMemory } from './memory';
import { benchPreflight } from './preflight';
import { benchProduct } from './product';
import { benchProve } from './prove';
import { benchRestore } from './restore';
import { benchTimeline } from './timeline';

/** Of the database that is backed up and restored; `--size=100` for another one, in MB. */
let megabytes = 1_000;

/** By the names that `npm run bench -- <name> ...` takes; in the order of the table. */
const PARTS: Record<string, () => Promise<Line[]>> = {
  catalog: () => onServer(catalogLines),
  product: () => onServer(benchProduct),
  chain: () => onServer(benchChain),
  preflight: () => onServer(benchPreflight),
  events: benchEvents,
  timeline: () => onServer(benchTimeline),
  prove: benchProve,
  restore: () => onServer((url) => benchRestore(url, megabytes)),
  memory: benchMemory,
};

/**
 * `npm run bench`: every figure beside a raw tool's in the same run, on servers of its own. Prints a
 * table; the ratios are what to compare, the milliseconds belong to the machine.
 */
async function main(): Promise<void> {
  const given = process.argv.slice(2);
  const wanted = given.filter((name) => !name.startsWith('--'));
  for (const flag of given.filter((name) => name.startsWith('--'))) {
    const size = Number(/^--size=(\d+)$/.exec(flag)?.[1]);
    if (!(size > 0)) throw new Error(`There is no ${flag}. There is --size=<MB>.`);
    megabytes = size;
  }
  const unknown = wanted.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    throw new Error(`There is no part '${unknown}'. There are ${Object.keys(PARTS).join(', ')}.`);
  }
  const lines: Line[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted.length === 0 || wanted.includes(name)) lines.push(...(await part()));
  }
  console.log('\n| what | Backstep | beside it | ratio |\n| --- | --- | --- | ---: |');
  for (const line of lines) console.log(`| ${line.join(' | ')} |`);
}

/** As durable as a server in production, with commit timestamps. */
async function onServer(part: (url: string) => Promise<Line[]>): Promise<Line[]> {
  const server = await startTemporaryServer({
    track_commit_timestamp: 'on',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  });
  try {
    return await part(server.url);
  } finally {
    await server.stop();
  }
}

async function catalogLines(serverUrl: string): Promise<Line[]> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query('CREATE DATABASE bench_catalog TEMPLATE template0');
  await admin.end();
  const { ours, dump, check } = await benchCatalog(
    serverUrl.replace(/\/postgres(\?|$)/, '/bench_catalog$1'),
  );
  const beside = `pg_dump --schema-only ${words(dump)}`;
  return [
    [
      'catalog snapshot, 1,000 tables, 4,000 indexes',
      words(ours),
      beside,
      (ours.median / dump.median).toFixed(2),
    ],
    [
      'the check after a step of the same: one ALTER, snapshot, fingerprint',
      words(check),
      beside,
      (check.median / dump.median).toFixed(2),
    ],
  ];
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exit(1);
});
