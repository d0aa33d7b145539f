import { readFile } from 'node:fs/promises';
import { UnverifiableExportError } from '@/lib/audit/verify-export';
import { BackstepError } from '@/lib/core/errors';
import { EmbeddedServerError } from '@/lib/embedded';
import { redact } from '@/lib/target';
import { type ProveArguments, readArguments, USAGE, UsageError } from './arguments';
import { auditVerify } from './audit-verify';
import { auditWords } from './audit-words';
import { check } from './check';
import { Interrupted, onInterrupt } from './interrupt';
import { ProgressBar } from './progress-bar';
import { prove } from './prove';
import type { Report } from './report';
import { textReport } from './text-report';

/** The command line. @returns the exit code */
async function main(): Promise<number> {
  // Nobody reads the progress any more; what was begun is still ended in order.
  process.stderr.on('error', () => undefined);
  const args = readArguments(process.argv.slice(2), process.cwd());
  if (args.command === 'help') {
    await print(USAGE);
    return 0;
  }
  if (args.command === 'version') {
    await print(`${await version()}\n`);
    return 0;
  }
  if (args.command === 'audit verify') {
    const verdict = await auditVerify(args);
    await print(args.json ? `${JSON.stringify(verdict, null, 2)}\n` : auditWords(verdict));
    return verdict.ok ? 0 : 1;
  }
  const report = args.command === 'check' ? await check(args) : await proveWatched(args);
  await print(
    args.json
      ? `${JSON.stringify(report, null, 2)}\n`
      : textReport(report, { color: process.stdout.isTTY && !process.env.NO_COLOR }),
  );
  return report.summary.ok ? 0 : 1;
}

async function proveWatched(args: ProveArguments): Promise<Report> {
  const interrupt = onInterrupt(process.stderr);
  const bar = new ProgressBar(process.stderr);
  try {
    return await prove(args, {
      signal: interrupt.signal,
      onProgress: (done, total, what) => bar.show(done, total, what),
    });
  } finally {
    bar.end();
    interrupt.end();
  }
}

/** The same place from the sources and from the bundle. */
async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * A pipe takes a large report in pieces; ending before would cut it. Whoever closes it, as `head` does,
 * has read enough: the exit code still tells how it went.
 */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null) => {
      if (error && !('code' in error && error.code === 'EPIPE')) reject(error);
      else resolve();
    };
    process.stdout.once('error', settle);
    process.stdout.write(text, settle);
  });
}

function explain(error: unknown): string {
  const urls = process.argv
    .filter((argument) => /postgres(ql)?:\/\//.test(argument))
    .map((argument) => argument.replace(/^--server=/, ''));
  return redact(inWords(error), urls);
}

function inWords(error: unknown): string {
  if (error instanceof UsageError) {
    return `${error.message}\n'backstep --help' lists the commands and their options.`;
  }
  const foreseen = [BackstepError, EmbeddedServerError, Interrupted, UnverifiableExportError];
  if (error instanceof Error && foreseen.some((kind) => error instanceof kind)) {
    return error.message;
  }
  return String(error instanceof Error ? (error.stack ?? error.message) : error);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 2;
  },
);
