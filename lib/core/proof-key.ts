import { canonicalJson, sha256Hex } from './digest';
import type { MigrationFile, RollbackFile } from './migration';

/** Raised when a proof would come out otherwise for the same files: then all are made again. */
export const PROOF_VERSION = 3;

export interface ProofScope {
  /** Major version of the scratch server. */
  serverMajor: number;
  tracking: { schema: string; table: string };
  /** SHA-256 of the script that prepares each scratch database; null for none. */
  bootstrapSha256: string | null;
}

/**
 * The name of each migration's history up to and including itself: what a proof of its script depends
 * on beside the script. In the order of `files`.
 */
export function historyKeys(
  scope: ProofScope,
  files: readonly Pick<MigrationFile, 'hash' | 'breakpoints' | 'absent'>[],
): string[] {
  let key = sha256Hex(canonicalJson({ version: PROOF_VERSION, ...scope }));
  return files.map(({ hash, breakpoints, absent }) => {
    key = sha256Hex(canonicalJson([key, hash, breakpoints, absent === true]));
    return key;
  });
}

/** Under which a proof is kept: a grade is computed once for the same content. */
export function proofKey(historyKey: string, script: Pick<RollbackFile, 'sha256'>): string {
  return sha256Hex(`${historyKey} ${script.sha256}`);
}
