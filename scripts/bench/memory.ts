import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { writeFolder } from './folders';
import type { Line } from './measure';

const MEGABYTE = 1_000_000;
const LARGE = 100 * MEGABYTE;
const UP = 'CREATE TABLE t (id int, a text);';

/**
 * The most memory that reading a script takes, each in a process of its own: a small one shows what the
 * process needs anyway. What becomes of the large one is shown beside it.
 */
export async function benchMemory(): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-memory-'));
  try {
    const small = path.join(home, 'small.sql');
    const large = path.join(home, 'large.sql');
    await writeFile(small, `INSERT INTO t VALUES (1, 'a');\n`);
    await writeRows(large, LARGE);
    const { migrations, rollbacks } = await writeFolder(
      path.join(home, 'history'),
      1,
      () => ({ up: UP, down: 'DROP TABLE t;' }),
      { first: true },
    );
    const check = ['bin/backstep.mjs', 'check', '--migrations', migrations];
    const parse = ['--import', 'tsx', 'scripts/bench/parse-file.ts'];
    const figures = {
      parseSmall: await peakOf([...parse, small]),
      parseLarge: await peakOf([...parse, large]),
      checkSmall: await peakOf([...check, '--rollbacks', rollbacks]),
      checkLarge: await (async () => {
        await writeRows(path.join(rollbacks, '0000_rollback.sql'), LARGE);
        return peakOf([...check, '--rollbacks', rollbacks]);
      })(),
    };
    return [
      ['parseScript of a 100 MB script', ...sides(figures.parseLarge, figures.parseSmall)],
      ['`backstep check` with a 100 MB script', ...sides(figures.checkLarge, figures.checkSmall)],
    ];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

interface Peak {
  megabytes: number;
  said: string;
}

function sides(large: Peak, small: Peak): [string, string, string] {
  return [
    `peak ${large.megabytes.toFixed(0)} MB: ${large.said}`,
    `of one line: ${small.megabytes.toFixed(0)} MB`,
    (large.megabytes / small.megabytes).toFixed(1),
  ];
}

const REPORT_PEAK =
  "data:text/javascript,process.on('exit',()=>console.error('peak '+process.resourceUsage().maxRSS))";

/** Runs Node with these arguments. @throws Error when it did not say what it needed */
async function peakOf(args: readonly string[]): Promise<Peak> {
  const child = spawn(process.execPath, ['--import', REPORT_PEAK, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const kilobytes = Number(/peak (\d+)/.exec(err)?.[1]);
  if (!(kilobytes > 0)) throw new Error(`${args.join(' ')}: ${out}${err}`);
  return { megabytes: (kilobytes * 1024) / MEGABYTE, said: refusalIn(out) };
}

function refusalIn(out: string): string {
  const said = out.split('\n').map((line) => line.trim());
  return said.find((line) => line.includes('MiB') || line.includes('statements')) ?? said[0] ?? '';
}

async function writeRows(file: string, bytes: number): Promise<void> {
  await pipeline(Readable.from(rows(bytes)), createWriteStream(file));
}

function* rows(bytes: number): Generator<string> {
  const filler = 'x'.repeat(80);
  for (let written = 0, n = 0; written < bytes; n += 1) {
    const row = `INSERT INTO t VALUES (${n}, '${filler}');\n`;
    written += row.length;
    yield row;
  }
}
