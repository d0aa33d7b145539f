import type { Ctx } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import type { StepProof } from '@/lib/core/evidence';
import type { MigrationFile, MigrationList, RollbackFile } from '@/lib/core/migration';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import type { Proof } from '@/lib/core/proof';
import { proofKey } from '@/lib/core/proof-key';
import { readMigrationFolder } from '@/lib/folders';
import { provableFiles } from './attach-proofs';
import { type ProofSubject, proveHistory } from './prove';
import {
  type Bootstrap,
  historyKeysByTag,
  isFinal,
  keepProof,
  loadProofs,
  proofScope,
  readBootstrap,
} from './store';

export interface ProvingDeps {
  scratchUrl: string;
  /** Names of scratch databases begin so. */
  databasePrefix: string;
  signal: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/**
 * Makes the round trips of a target's scripts that have not been made for exactly this content, or that
 * told more of the server than of the script.
 * @returns how many were made
 * @throws BackstepError when the scratch server or the bootstrap script stands in the way
 */
export async function proveTarget(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  list: MigrationList,
  serverVersionNum: number,
  deps: ProvingDeps,
): Promise<number> {
  const byTag = new Map(list.entries.map((entry) => [entry.tag, entry]));
  const subjects = provableFiles(list).map((file): ProofSubject => {
    const entry = byTag.get(file.tag);
    return {
      file,
      script: entry?.rollback ?? null,
      candidates: entry?.candidates.map((candidate) => candidate.file) ?? [],
    };
  });
  return proveMissing(ctx, target, { subjects, layout: list.layout, serverVersionNum }, deps);
}

/**
 * The proofs of a plan's scripts in run order: those that are kept, and the others made now.
 * @throws BackstepError `plan_stale` when a migration is no longer the pinned one; as `proveTarget`
 */
export async function proveSteps(
  ctx: Pick<Ctx, 'db'>,
  plan: Plan,
  target: TargetConfig,
  deps: ProvingDeps,
): Promise<StepProof[]> {
  const { serverVersionNum } = plan.database;
  const scripts = new Map(plan.steps.map((step) => [step.tag, scriptOf(step)]));
  const bootstrap = await readBootstrap(target);
  const histories = historyKeysByTag(proofScope(target, serverVersionNum, bootstrap), plan.replay);
  const keys = plan.steps.map((step) =>
    proofKey(histories.get(step.tag) ?? '', { sha256: step.rollbackSha256 }),
  );
  let proofs = await loadProofs(ctx, keys);
  if (keys.some((key) => !counts(proofs.get(key)))) {
    const subjects = (await pinnedFiles(plan, target)).map((file) => ({
      file,
      script: scripts.get(file.tag) ?? null,
      candidates: [],
    }));
    await proveMissing(ctx, target, { subjects, layout: plan.layout, serverVersionNum }, deps);
    proofs = await loadProofs(ctx, keys);
  }
  return plan.steps.map(({ position, tag }, index) => {
    const proof = proofs.get(keys[index] ?? '');
    if (!proof) throw new Error(`the script of ${tag} was proven and its proof is not kept`);
    return { position, tag, proof };
  });
}

const counts = (proof: Proof | undefined): boolean => proof !== undefined && isFinal(proof);

interface History {
  subjects: ProofSubject[];
  layout: MigrationList['layout'];
  serverVersionNum: number;
}

async function proveMissing(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  { subjects, layout, serverVersionNum }: History,
  deps: ProvingDeps,
): Promise<number> {
  const bootstrap: Bootstrap | undefined = await readBootstrap(target);
  const scope = proofScope(target, serverVersionNum, bootstrap);
  const histories = historyKeysByTag(
    scope,
    subjects.map(({ file }) => file),
  );
  const keyOf = (tag: string, script: RollbackFile) => proofKey(histories.get(tag) ?? '', script);
  const all = subjects.flatMap(({ file, script, candidates }) =>
    [...(script ? [script] : []), ...candidates].map((one) => keyOf(file.tag, one)),
  );
  const kept = await loadProofs(ctx, all);
  const missing = new Set(all.filter((key) => !counts(kept.get(key))));
  if (missing.size === 0) return 0;
  await proveHistory({
    scratchUrl: deps.scratchUrl,
    databasePrefix: deps.databasePrefix,
    serverVersionNum,
    // What comes after the last script that is asked for changes nothing about it.
    subjects: upToLast(subjects, ({ file, script, candidates }) =>
      [...(script ? [script] : []), ...candidates].some((one) => missing.has(keyOf(file.tag, one))),
    ),
    tracking: target.tracking,
    layout,
    ...(bootstrap && { bootstrap: bootstrap.sql }),
    wanted: (subject, script) => missing.has(keyOf(subject.file.tag, script)),
    statementTimeoutMs: target.policy.statement_timeout_ms,
    signal: deps.signal,
    ...(deps.onProgress && { onProgress: deps.onProgress }),
    onProven: ({ tag, script, proof }) =>
      keepProof(ctx, { key: keyOf(tag, script), tag, script: script.name, proof }),
  });
  return missing.size;
}

function upToLast<T>(list: readonly T[], test: (item: T) => boolean): T[] {
  return list.slice(0, list.findLastIndex(test) + 1);
}

function scriptOf(step: Plan['steps'][number]): RollbackFile {
  return {
    name: step.rollbackFile,
    pairedBy: step.pairedBy,
    bytes: Buffer.byteLength(step.rollbackSql),
    sha256: step.rollbackSha256,
    sql: step.rollbackSql,
  };
}

/** The migrations of the plan's replay, read now; their hashes are those that were pinned. */
async function pinnedFiles(plan: Plan, target: TargetConfig): Promise<MigrationFile[]> {
  const { files } = await readMigrationFolder(target, { fresh: true });
  const byTag = new Map(files.map((file) => [file.tag, file]));
  return plan.replay.map(({ tag, hash }) => {
    const file = byTag.get(tag);
    if (file?.hash === hash) return file;
    throw new BackstepError(
      'plan_stale',
      `${tag}.sql has changed since the plan was pinned. Pin the plan again, then it is rehearsed anew.`,
    );
  });
}
