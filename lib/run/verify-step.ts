import { diffCatalogs, fingerprint } from '@/lib/catalog';
import type { CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { canonicalJson } from '@/lib/core/digest';
import type { RehearsalResult, StepVerification } from '@/lib/core/evidence';

/**
 * Compares what a step did to the live schema with what the rehearsal saw. Equal fingerprints are the
 * plain case. Where the live schema had drifted before, the fingerprints can't be equal, but the
 * step's own changes must be.
 * @param before the live schema before the step; null when nobody could look, after a broken run
 */
export function verifyStep(
  before: CatalogSnapshot | null,
  after: CatalogSnapshot,
  rehearsal: RehearsalResult | null,
  position: number,
): StepVerification {
  const foundFingerprint = fingerprint(after);
  const rehearsed = rehearsal?.steps[position];
  const base = { expectedFingerprint: rehearsed?.fingerprintAfter ?? '', foundFingerprint };
  if (rehearsed && foundFingerprint === rehearsed.fingerprintAfter) {
    return { ...base, ok: true, how: 'fingerprint_equal', differences: [] };
  }
  if (!rehearsed || !before) return { ...base, ok: false, how: 'not_checked', differences: [] };
  const differences = compareChanges(rehearsed.changes, diffCatalogs(before, after));
  return differences.length === 0
    ? { ...base, ok: true, how: 'changes_equal', differences }
    : { ...base, ok: false, how: 'different', differences };
}

const keyOf = (change: SchemaChange): string => `${change.kind} ${change.name}`;

/** What was expected and did not happen (`before` only), and what happened unexpectedly (`after` only). */
function compareChanges(expected: SchemaChange[], found: SchemaChange[]): SchemaChange[] {
  const foundByKey = new Map(found.map((change) => [keyOf(change), change]));
  const differences: SchemaChange[] = [];
  for (const want of expected) {
    const got = foundByKey.get(keyOf(want));
    foundByKey.delete(keyOf(want));
    if (got && canonicalJson(got) === canonicalJson(want)) continue;
    differences.push({
      change: got ? 'changed' : 'removed',
      kind: want.kind,
      name: want.name,
      ...(want.parent ? { parent: want.parent } : {}),
      before: sentence(want),
      ...(got ? { after: sentence(got) } : {}),
    });
  }
  for (const got of foundByKey.values()) {
    differences.push({
      change: 'added',
      kind: got.kind,
      name: got.name,
      ...(got.parent ? { parent: got.parent } : {}),
      after: sentence(got),
    });
  }
  return differences;
}

function sentence(change: SchemaChange): string {
  switch (change.change) {
    case 'added':
      return `added: ${change.after ?? ''}`;
    case 'removed':
      return `removed: ${change.before ?? ''}`;
    case 'changed':
      return `changed: ${change.before ?? ''} to ${change.after ?? ''}`;
  }
}
