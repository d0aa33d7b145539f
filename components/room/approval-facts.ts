import type { RollbackEvent } from '@/lib/core/events';
import type { ApprovalEvidence } from '@/lib/core/evidence';
import type { PlanChange } from '@/lib/core/plan';
import type { RollbackRoom } from '@/lib/core/views';
import { measuredSteps, undoMs } from './rehearsal-times';
import { countChanges } from './schema-diff';

/** Voiding and the event that tells why are written together; their clocks differ by less than this. */
const SAME_MOMENT_MS = 2_000;

/** What had changed when an approval was voided, as the event of that moment says. */
export function whyVoided(
  approval: Pick<ApprovalEvidence, 'voidedAt'>,
  events: readonly RollbackEvent[],
): PlanChange[] {
  if (approval.voidedAt === null) return [];
  const at = Date.parse(approval.voidedAt);
  const told = events.findLast(
    (event) =>
      event.kind === 'plan.changed' && Math.abs(Date.parse(event.at) - at) <= SAME_MOMENT_MS,
  );
  return told?.kind === 'plan.changed' ? told.payload.changes : [];
}

export interface ApprovalSummary {
  migrations: number;
  statements: number;
  /** Null without a rehearsal of this digest. */
  objects: { removed: number; added: number; changed: number } | null;
  rehearsedMs: number | null;
  /** The backup on whose rows that was measured; null without one. */
  measuredOn: string | null;
}

/** The rollback in numbers, for somebody who has two minutes. */
export function summarizeForApproval(room: RollbackRoom): ApprovalSummary {
  const result = room.rehearsal?.digest === room.digest ? room.rehearsal.result : null;
  const measured = measuredSteps(room);
  return {
    migrations: room.plan.steps.length,
    statements: room.plan.steps.reduce((sum, step) => sum + step.statements.length, 0),
    objects: result ? countChanges(result.steps.flatMap((step) => step.changes)) : null,
    rehearsedMs: measured ? undoMs(measured) : null,
    measuredOn: measured?.backup ?? null,
  };
}

/** `0033–0035`, or the one number. */
export function undoneRange(room: Pick<RollbackRoom, 'plan'>): string {
  const newest = room.plan.steps[0]?.number ?? '';
  const oldest = room.plan.steps.at(-1)?.number ?? '';
  return newest === oldest ? newest : `${oldest}–${newest}`;
}
