import type { Ctx } from '@/lib/control';
import type { MigrationEntry, MigrationFile, MigrationList } from '@/lib/core/migration';
import { resolveCandidates } from '@/lib/core/plan-chain';
import type { TargetConfig } from '@/lib/core/policy';
import { GRADE_LABELS, type Proof, verdictOf } from '@/lib/core/proof';
import { proofKey } from '@/lib/core/proof-key';
import { historyKeysByTag, loadProofs, proofScope, readBootstrap } from './store';

/**
 * The list with what is known of its scripts: each with its proof, a candidate that its proof makes
 * the script, and what the policy blocks.
 * @throws BackstepError `config_invalid` when the bootstrap script can't be read
 */
export async function attachProofs(
  ctx: Pick<Ctx, 'db'>,
  target: TargetConfig,
  list: MigrationList,
  serverVersionNum: number,
): Promise<MigrationList> {
  const bootstrap = await readBootstrap(target);
  const scope = proofScope(target, serverVersionNum, bootstrap);
  const histories = historyKeysByTag(scope, provableFiles(list));
  const keyOf = (tag: string | undefined, script: { sha256: string } | undefined) => {
    const history = tag === undefined ? undefined : histories.get(tag);
    return history !== undefined && script ? proofKey(history, script) : undefined;
  };
  const wanted = list.entries.flatMap(({ tag, rollback, candidates }) =>
    [rollback, ...candidates.map(({ file }) => file)].flatMap((script) => keyOf(tag, script) ?? []),
  );
  const proofs = await loadProofs(ctx, wanted);
  const proofOf = (tag: string | undefined, script: { sha256: string } | undefined) =>
    proofs.get(keyOf(tag, script) ?? '');
  const known = list.entries.map((entry) => ({
    ...entry,
    proof: proofOf(entry.tag, entry.rollback),
    candidates: entry.candidates.map((candidate) => ({
      ...candidate,
      proof: proofOf(entry.tag, candidate.file),
    })),
  }));
  const entries = pairByProof(known).map((entry) => ({
    ...entry,
    blockedBy: blockedBy(entry, target),
  }));
  const head = list.head && entries[list.entries.indexOf(list.head)];
  const paired = new Set(filesPairedByProof(entries));
  const problems = list.problems.filter(
    ({ code, file }) => code !== 'ambiguous_rollback_file' || !paired.has(file),
  );
  return { ...list, entries, head, problems };
}

/** A script that is exact for two migrations belongs to neither for certain. */
function pairByProof(entries: readonly MigrationEntry[]): MigrationEntry[] {
  const resolved = entries.map(resolveCandidates);
  const files = filesPairedByProof(resolved);
  const twice = new Set(files.filter((file, index) => files.indexOf(file) !== index));
  return resolved.map((entry, index) => {
    const doubted = entry.rollback?.pairedBy === 'proof' && twice.has(entry.rollback.name);
    return doubted ? (entries[index] ?? entry) : entry;
  });
}

function filesPairedByProof(entries: readonly MigrationEntry[]): string[] {
  return entries.flatMap(({ rollback }) => (rollback?.pairedBy === 'proof' ? [rollback.name] : []));
}

/** The files of a history in the order of drizzle, without those that it passed over here. */
export function provableFiles(list: Pick<MigrationList, 'entries'>): MigrationFile[] {
  return list.entries
    .flatMap((entry) => (entry.file && entry.state !== 'skipped' ? [entry.file] : []))
    .sort((a, b) => a.position - b.position);
}

function blockedBy(entry: MigrationEntry, target: TargetConfig): string | undefined {
  const { proof, tag } = entry;
  if (!proof || verdictOf(proof, target.policy) !== 'block') return undefined;
  return `The script of ${tag} ${whatProofSays(proof)}, and the policy of '${target.name}' blocks that.`;
}

function whatProofSays(proof: Proof): string {
  const objects = namesOf([...proof.residue, ...proof.missing]);
  switch (proof.grade) {
    case 'leaves_residue':
      return `leaves objects behind${objects}`;
    case 'removes_too_much':
      return `removes what the migration did not bring${objects}`;
    case 'residue_and_missing':
      return `leaves objects behind and removes older ones${objects}`;
    case 'no_effect':
      return 'runs without an error and undoes nothing';
    case 'no_schema_change':
      return 'changes no schema, so that nothing proves it';
    case 'fails':
      return `fails right after its own migration (${proof.error?.message ?? 'no reason was given'})`;
    case 'unproven':
      return `could not be tried (${proof.error?.message ?? 'its migration does not apply'})`;
    default:
      return proof.losesData === 'older'
        ? 'loses or changes older data'
        : `is graded “${GRADE_LABELS[proof.grade]}”`;
  }
}

function namesOf(objects: readonly string[]): string {
  if (objects.length === 0) return '';
  return ` (${objects.slice(0, 3).join(', ')}${objects.length > 3 ? ', …' : ''})`;
}
