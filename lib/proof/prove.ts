import type { MigrationFile, MigrationLayout, RollbackFile } from '@/lib/core/migration';
import type { Proof, ProofError } from '@/lib/core/proof';
import { parseUp } from '@/lib/sql';
import type { TrackingTable } from '@/lib/target';
import { runBootstrap } from './bootstrap';
import { type MigrationOutcome, proveMigration } from './prove-migration';
import { ProvingGround } from './proving-ground';
import { proofWithoutTrip, type ReadScript, readScript } from './scripts-to-try';
import { ScratchTracking } from './tracking-table';
import { Walker } from './walker';

/** A migration with the scripts that may undo it. */
export interface ProofSubject {
  file: MigrationFile;
  script: RollbackFile | null;
  /** Scripts that may or may not belong to it. */
  candidates: RollbackFile[];
}

export interface ProveOptions {
  /** A server where databases may be created. */
  scratchUrl: string;
  /** Names of scratch databases begin so; what is found under it is a crash's and dropped. */
  databasePrefix: string;
  /** Of the target: the scratch server must be of the same major version. Left out: any will do. */
  serverVersionNum?: number;
  /** In the order in which drizzle applies them. */
  subjects: readonly ProofSubject[];
  tracking: TrackingTable;
  layout: MigrationLayout;
  /** SQL run first on each scratch database: roles, schemas and extensions that a history expects. */
  bootstrap?: string;
  /** Which scripts to try; left out: all. The migrations of the others are only applied. */
  wanted?(subject: ProofSubject, script: RollbackFile): boolean;
  searchPath?: string;
  statementTimeoutMs?: number;
  signal?: AbortSignal;
  onProgress?(done: number, total: number, tag: string): void;
  /** As soon as each is known. */
  onProven?(proven: ProvenScript): Promise<void> | void;
}

export interface ProvenScript {
  tag: string;
  script: RollbackFile;
  /** It is one of the subject's candidates. */
  candidate: boolean;
  proof: Proof;
}

export interface ProvenHistory {
  proven: ProvenScript[];
  serverVersionNum: number;
  /** Migrations that do not apply here, and why. */
  unappliable: { tag: string; error: ProofError }[];
}

/**
 * Applies a history to an empty scratch database, migration by migration, and tries each wanted script
 * right after its own migration: up, down, compare, down again, up again; then the same with rows. The
 * scratch databases, and the roles that came with the history, are gone afterwards, however it ends.
 *
 * A migration that does not apply is passed over: its scripts are `unproven`, the later ones are tried.
 * @throws BackstepError `rehearsal_failed` when the server or the bootstrap script stands in the way
 * @throws the signal's reason when it is aborted
 */
export async function proveHistory(options: ProveOptions): Promise<ProvenHistory> {
  const { subjects, signal } = options;
  const report = (done: number, what: string) => options.onProgress?.(done, subjects.length, what);
  const ground = await ProvingGround.open({
    scratchUrl: options.scratchUrl,
    databasePrefix: options.databasePrefix,
    ...(options.serverVersionNum !== undefined && { serverVersionNum: options.serverVersionNum }),
    defaults: {
      statementTimeoutMs: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      ...(options.searchPath !== undefined && { searchPath: options.searchPath }),
    },
    ...(signal && { signal }),
    onWaiting: () => report(0, 'waiting for another proof on this server'),
  });
  try {
    return await walk(ground, options, report);
  } catch (error) {
    // What a cut connection says is not what happened.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await ground.close();
  }
}

/** Nobody waits for locks on a scratch database: what takes longer hangs. */
const STATEMENT_TIMEOUT_MS = 120_000;

async function walk(
  ground: ProvingGround,
  options: ProveOptions,
  report: (done: number, tag: string) => void,
): Promise<ProvenHistory> {
  const { subjects, tracking, bootstrap, onProven } = options;
  const rows = new ScratchTracking(tracking, options.layout);
  const walker = await Walker.begin(
    { ground, tracking, rows, catalogClock: undefined },
    bootstrap ?? '',
    async (client) => {
      if (bootstrap !== undefined) await runBootstrap(client, bootstrap);
    },
  );
  const history: ProvenHistory = {
    proven: [],
    serverVersionNum: await ground.serverVersionNum(),
    unappliable: [],
  };
  for (const [index, subject] of subjects.entries()) {
    options.signal?.throwIfAborted();
    const { tag } = subject.file;
    report(index, tag);
    const proofs = await proveSubject(walker, subject, options, history);
    // A connection that was cut from here looks like a migration that fails: no verdict comes of that.
    options.signal?.throwIfAborted();
    for (const [script, proof] of proofs) {
      const proven = { tag, script, candidate: script !== subject.script, proof };
      history.proven.push(proven);
      await onProven?.(proven);
    }
  }
  report(subjects.length, '');
  return history;
}

async function proveSubject(
  walker: Walker,
  subject: ProofSubject,
  { wanted, tracking }: ProveOptions,
  history: ProvenHistory,
): Promise<Map<RollbackFile, Proof>> {
  const { file, script, candidates } = subject;
  const proofs = new Map<RollbackFile, Proof>();
  const scripts: ReadScript[] = [];
  const up = await parseUp(file.sql);
  for (const one of [...(script ? [script] : []), ...candidates]) {
    if (wanted && !wanted(subject, one)) continue;
    const read = await readScript(one, one !== script, up, tracking);
    if ('refused' in read) proofs.set(one, read.refused);
    else scripts.push(read);
  }
  const outcome = file.absent
    ? absent(file)
    : await proveMigration(walker, { file, up }, scripts, tracking);
  if (outcome.error) {
    const { error } = outcome;
    const remarks = [...adviceFor(error), ...withoutEarlier(history.unappliable)];
    history.unappliable.push({ tag: file.tag, error });
    for (const read of scripts) {
      const proof = proofWithoutTrip('unproven', error, read);
      proofs.set(read.script, { ...proof, remarks: [...proof.remarks, ...remarks] });
    }
    return proofs;
  }
  const remarks = withoutEarlier(history.unappliable);
  for (const [one, proof] of outcome.proofs) {
    proofs.set(one, { ...proof, remarks: [...proof.remarks, ...remarks] });
  }
  return proofs;
}

function absent({ tag, path }: MigrationFile): MigrationOutcome {
  const message = `The journal names ${tag}, and there is no file ${path}.`;
  return { proofs: new Map(), error: { message, sqlstate: null, line: null, in: 'up' } };
}

/** More names than this tell a person nothing. */
const MOST_NAMED = 3;

/** The schema that was tried lacks what could not be applied before: worth knowing of any verdict. */
function withoutEarlier(earlier: ProvenHistory['unappliable']): string[] {
  if (earlier.length === 0) return [];
  const named = earlier.slice(0, MOST_NAMED).map(({ tag }) => tag);
  const more = earlier.length - named.length;
  return [
    `Tried without ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}, which ${earlier.length === 1 ? 'does' : 'do'} not apply here.`,
  ];
}

/** What a history may expect of its server, and how to give it that. */
function adviceFor({ message, sqlstate }: ProofError): string[] {
  const extension = /extension "([^"]+)" is not available/.exec(message)?.[1];
  if (extension !== undefined) {
    return [
      `The scratch server lacks the extension ${extension}: use one that has it (--server on the command line, SCRATCH_DATABASE_URL in the console).`,
    ];
  }
  if (sqlstate === '42704' && message.startsWith('role ')) return [adviceToPrepare('role')];
  if (sqlstate === '3F000') return [adviceToPrepare('schema')];
  return [];
}

const adviceToPrepare = (what: string): string =>
  `If the history expects this ${what} of its server, create it in a bootstrap script (--bootstrap on the command line, bootstrap of the target in the console).`;
