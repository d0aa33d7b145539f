import { readFile } from 'node:fs/promises';
import { sha256Hex } from '@/lib/core/digest';
import { startTemporaryServer } from '@/lib/embedded';
import { type ProofSubject, proveHistory } from '@/lib/proof';
import { type ProveArguments, UsageError } from './arguments';
import { conclude } from './conclude';
import { readSubject, type Subject } from './read-subject';
import type { Report } from './report';
import { withProofs } from './with-proofs';

export interface ProveDeps {
  signal: AbortSignal;
  /** `total` is 0 while it is not known. */
  onProgress(done: number, total: number, what: string): void;
}

/**
 * `backstep prove`: the round trip of every script on scratch databases.
 * @throws UsageError, BackstepError, EmbeddedServerError when it could not be found out; the signal's
 *   reason when it is aborted
 */
export async function prove(args: ProveArguments, deps: ProveDeps): Promise<Report> {
  const subject = await readSubject(args);
  const isWanted = onlyWanted(args.only, subject);
  const bootstrap =
    args.bootstrap === undefined ? undefined : await readBootstrapFile(args.bootstrap);
  // What the bytes of a script forbid is known already.
  const refused = new Set(
    subject.report.migrations.flatMap((line) => (line.grade === 'refused' ? [line.tag] : [])),
  );
  const proven = await onServer(args.server, deps, (scratchUrl) =>
    proveHistory({
      scratchUrl,
      databasePrefix: prefixFor(scratchUrl),
      subjects: subjectsOf(subject),
      tracking: args.tracking,
      layout: subject.history.layout,
      ...(bootstrap !== undefined && { bootstrap }),
      wanted: ({ file }) => isWanted(file.tag) && !refused.has(file.tag),
      signal: deps.signal,
      onProgress: deps.onProgress,
    }),
  );
  // What a cut connection made of the last migration is nobody's grade.
  deps.signal.throwIfAborted();
  const report = await withProofs(subject, proven, isWanted, args.tracking);
  return conclude(report, { floor: subject.floor, counts: isWanted, allow: args.allow });
}

/**
 * The same for each command that connects to the same database, whose lock lets one at a time on: what a
 * killed one has left is found under it by the next.
 */
function prefixFor(server: string): string {
  const { pathname, username } = new URL(server);
  const database = pathname.length > 1 ? pathname : `${username} ${process.env.PGDATABASE ?? ''}`;
  return `backstep_prove_${sha256Hex(database).slice(0, 8)}_`;
}

async function readBootstrapFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`--bootstrap ${file} can’t be read.`);
  }
}

function onlyWanted(
  only: readonly string[] | undefined,
  { history }: Subject,
): (tag: string) => boolean {
  if (!only) return () => true;
  const fits = (tag: string, named: string) => tag === named || tag.startsWith(`${named}_`);
  const unknown = only.find((named) => !history.files.some(({ tag }) => fits(tag, named)));
  if (unknown !== undefined) {
    throw new UsageError(`--only ${unknown} names no migration of the folder.`);
  }
  return (tag) => only.some((named) => fits(tag, named));
}

function subjectsOf({ history }: Subject): ProofSubject[] {
  return history.files.map((file) => {
    const match = history.scripts.get(file.tag);
    return {
      file,
      script: match?.rollback ?? null,
      candidates: match?.candidates.map((candidate) => candidate.file) ?? [],
    };
  });
}

async function onServer<T>(
  server: string | undefined,
  { signal, onProgress }: ProveDeps,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (server !== undefined) return work(server);
  onProgress(0, 0, 'starting PostgreSQL');
  const temporary = await startTemporaryServer();
  try {
    signal.throwIfAborted();
    return await work(temporary.url);
  } finally {
    await temporary.stop();
  }
}
