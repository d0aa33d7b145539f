import { readFile } from 'node:fs/promises';
import { inArray } from 'drizzle-orm';
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

/** Keeps a proof. The same content proven twice at the same time is kept once. */
export async function keepProof(
  ctx: Pick<Ctx, 'db'>,
  kept: { key: string; tag: string; script: string; proof: Proof },
): Promise<void> {
  await ctx.db.insert(tables.proofs).values(kept).onConflictDoNothing();
}
