import { readFile } from 'node:fs/promises';
import { inArray, sql } from 'drizzle-orm';
import { type Ctx, tables } from '@/lib/control';
import { sha256Hex } from '@/lib/core/digest';
import { BackstepError } from '@/lib/core/errors';
import type { MigrationFile } from '@/lib/core/migration';
import type { TargetConfig } from '@/lib/core/policy';
import type { Proof } from '@/lib/core/proof';
import { historyKeys, type ProofScope } from '@/lib/core/proof-key';

/** A target's `bootstrap` script: runs first on each of its scratch databases. */
export interface Bootstrap {
  sql: string;
  sha256: string;
}

/**
 * The target's bootstrap script, or undefined when it has none.
 * @throws BackstepError `config_invalid` when the file can't be read
 */
export async function readBootstrap(
  target: Pick<TargetConfig, 'name' | 'bootstrap'>,
): Promise<Bootstrap | undefined> {
  if (target.bootstrap === undefined) return undefined;
  try {
    const sql = await readFile(target.bootstrap, 'utf8');
    return { sql, sha256: sha256Hex(sql) };
  } catch (cause) {
    throw new BackstepError(
      'config_invalid',
      `The bootstrap script ${target.bootstrap} of '${target.name}' can’t be read. Put it there, or correct \`bootstrap\` of the target.`,
      { cause },
    );
  }
}

/** What the proofs of a target's scripts depend on beside the files. */
export function proofScope(
  target: Pick<TargetConfig, 'tracking'>,
  serverVersionNum: number,
  bootstrap: Bootstrap | undefined,
): ProofScope {
  return {
    serverMajor: Math.floor(serverVersionNum / 10_000),
    tracking: target.tracking,
    bootstrapSha256: bootstrap?.sha256 ?? null,
  };
}

type Keyed = Pick<MigrationFile, 'tag' | 'hash' | 'breakpoints' | 'absent'>;

/** The history key of each migration by its tag. */
export function historyKeysByTag(
  scope: ProofScope,
  files: readonly Keyed[],
): ReadonlyMap<string, string> {
  const keys = historyKeys(scope, files);
  return new Map(files.map((file, index) => [file.tag, keys[index] ?? '']));
}

/** The kept proofs among these keys. */
export async function loadProofs(
  ctx: Pick<Ctx, 'db'>,
  keys: readonly string[],
): Promise<Map<string, Proof>> {
  if (keys.length === 0) return new Map();
  const { proofs } = tables;
  const rows = await ctx.db
    .select({ key: proofs.key, proof: proofs.proof })
    .from(proofs)
    .where(inArray(proofs.key, [...new Set(keys)]));
  return new Map(rows.map(({ key, proof }) => [key, proof]));
}

/** Not the script's doing: resources that ran out, an operator, a file system, a lock, a deadlock. */
const PASSING = /^(?:08|40|53|57|58)|^55P03$/;

/**
 * Whether a proof would come out the same for the same content. A migration that did not apply may apply
 * on a server that has got what it lacks, and what failed for want of memory or time may pass.
 */
export function isFinal({ grade, error }: Pick<Proof, 'grade' | 'error'>): boolean {
  if (grade === 'unproven') return false;
  return !(grade === 'fails' && PASSING.test(error?.sqlstate ?? ''));
}

/**
 * Keeps a proof. The same content proven twice at the same time is kept once; one that is not final gives
 * way to the next.
 */
export async function keepProof(
  ctx: Pick<Ctx, 'db'>,
  kept: { key: string; tag: string; script: string; proof: Proof },
): Promise<void> {
  const { proofs } = tables;
  const passing = sql`${proofs.proof} ->> 'grade' = 'fails'
    AND ${proofs.proof} #>> '{error,sqlstate}' ~ ${PASSING.source.replaceAll('?:', '')}`;
  await ctx.db
    .insert(proofs)
    .values(kept)
    .onConflictDoUpdate({
      target: proofs.key,
      set: { proof: kept.proof, provedAt: sql`now()` },
      setWhere: sql`${proofs.proof} ->> 'grade' = 'unproven' OR (${passing})`,
    });
}
