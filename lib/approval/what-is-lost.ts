import type { RollbackFacts } from '@/lib/control';
import type { Amount } from '@/lib/core/evidence';

/** More lines than anybody reads in a history; the rehearsal has them all. */
const MOST_LINES = 50;

/**
 * What the record of a request or an approval says about the loss that was known then: the ledger of
 * the live target, the grades, and the dangers with who took them on.
 */
export function whatIsLost({ input }: RollbackFacts): Record<string, unknown> {
  const result = input.rehearsal?.digest === input.digest ? input.rehearsal.result : null;
  const losses = result?.impact.losses ?? [];
  const taken = new Map(
    input.acknowledgements
      .filter(({ digest }) => digest === input.digest)
      .map(({ key, by }) => [key, by.name]),
  );
  return {
    rehearsed_on: result?.mode ?? null,
    grades: (result?.proofs ?? []).map(({ tag, proof }) => ({
      migration: tag,
      grade: proof.grade,
      loses_data: proof.losesData,
    })),
    losses: losses.slice(0, MOST_LINES).map((line) => ({
      kind: line.kind,
      name: line.name,
      rows: words(line.rows),
      values: words(line.nonNull),
      differ_from_default: words(line.differs),
    })),
    losses_in_all: losses.length,
    dangers: input.dangers.map(({ key, title }) => ({
      title,
      acknowledged_by: taken.get(key) ?? null,
    })),
  };
}

function words(amount: Amount | null): string | null {
  if (!amount) return null;
  if (amount.value === null) return `not counted (${amount.source})`;
  return `${amount.estimate ? '≈ ' : ''}${amount.value}`;
}
