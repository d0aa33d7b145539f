import type { Acknowledgement, RehearsalResult } from './evidence';
import type { Plan } from './plan';
import type { Policy } from './policy';
import { GRADE_LABELS, GRADE_WORDS, verdictOf } from './proof';

/** One thing that a person has to read and take on before a reviewer is asked. */
export interface Danger {
  /** Stable within a plan's digest: the acknowledgement refers to it. */
  key: string;
  /** Step of the plan. */
  position: number;
  tag: string;
  /** Index of the statement; null where it concerns the whole script. */
  statement: number | null;
  /** 1-based line in the script. */
  line: number | null;
  code: string;
  /** Short: 'Drops column public.rooms.topic'. */
  title: string;
  detail: string | null;
  safer: string | null;
}

type Seen = Pick<RehearsalResult, 'proofs' | 'impact'>;

/**
 * Everything dangerous about a plan, in run order: what the statements do, what the live target says
 * to them, and what the policy lets pass only when somebody has read it.
 */
export function dangersOf(
  plan: Pick<Plan, 'steps'>,
  seen: Seen | null,
  policy: Pick<Policy, 'grades' | 'loses_data'>,
): Danger[] {
  const found = plan.steps.flatMap((step) => {
    const { position, tag } = step;
    const danger = (part: Omit<Danger, 'key' | 'position' | 'tag'>): Danger => ({
      key: [position, part.statement ?? '-', part.code, part.title].join('/'),
      position,
      tag,
      ...part,
    });
    const proof = seen?.proofs.find((one) => one.position === position)?.proof;
    const byStatement = step.statements.flatMap((statement) => [
      ...statement.hazards
        .filter((hazard) => hazard.severity === 'danger')
        .map((hazard) =>
          danger({
            statement: statement.index,
            line: statement.line,
            code: hazard.code,
            title: hazard.label,
            detail: hazard.detail ?? null,
            safer: hazard.safer ?? null,
          }),
        ),
      ...(seen?.impact.findings ?? [])
        .filter(
          (finding) =>
            finding.position === position &&
            finding.statement === statement.index &&
            finding.severity === 'danger',
        )
        .map((finding) =>
          danger({
            statement: statement.index,
            line: statement.line,
            code: finding.code,
            title: finding.message,
            detail: null,
            safer: null,
          }),
        ),
    ]);
    const byProof = (proof?.hazards ?? [])
      .filter((hazard) => hazard.severity === 'danger')
      .map((hazard) =>
        danger({
          statement: null,
          line: hazard.line ?? null,
          code: hazard.code,
          title: hazard.label,
          detail: hazard.detail ?? null,
          safer: hazard.safer ?? null,
        }),
      );
    const byGrade = [];
    if (proof && step.pairedBy === 'proof' && proof.grade !== 'exact') {
      // Its name alone does not say that it belongs here, and now nothing else does.
      byGrade.push(
        danger({
          statement: null,
          line: null,
          code: 'pairing_in_doubt',
          title: `${step.rollbackFile} may not be the script of ${tag}`,
          detail: `Its round trip was exact when the plan was pinned, and is now: ${GRADE_LABELS[proof.grade]}.`,
          safer: `Name the right script so that it fits ${tag}, then pin the plan again.`,
        }),
      );
    }
    if (proof && verdictOf(proof, policy) === 'acknowledge') {
      if (policy.grades[proof.grade] === 'acknowledge') {
        const named = [...proof.residue, ...proof.missing];
        byGrade.push(
          danger({
            statement: null,
            line: null,
            code: proof.grade,
            title: `${GRADE_LABELS[proof.grade]}: ${tag}`,
            detail:
              named.length > 0
                ? `${GRADE_WORDS[proof.grade]} Named: ${named.join(', ')}.`
                : GRADE_WORDS[proof.grade],
            safer: null,
          }),
        );
      }
      if (proof.losesData !== null && policy.loses_data[proof.losesData] === 'acknowledge') {
        byGrade.push(
          danger({
            statement: null,
            line: null,
            code: `loses_${proof.losesData}_data`,
            title:
              proof.losesData === 'older'
                ? `Loses or changes older data: ${tag}`
                : `Loses the migration’s own data: ${tag}`,
            detail: proof.dataNotes.join('; ') || null,
            safer: null,
          }),
        );
      }
    }
    return [...byGrade, ...byStatement, ...byProof];
  });
  return [...new Map(found.map((one) => [one.key, one])).values()];
}

/** The dangers that nobody has taken on for this digest. */
export function unacknowledged(
  dangers: readonly Danger[],
  acknowledgements: readonly Acknowledgement[],
  digest: string,
): Danger[] {
  const taken = new Set(
    acknowledgements.filter((one) => one.digest === digest).map((one) => one.key),
  );
  return dangers.filter((danger) => !taken.has(danger.key));
}
