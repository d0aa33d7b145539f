import type pg from 'pg';
import type { PlanStep } from '@/lib/core/plan';
import type { Policy } from '@/lib/core/policy';
import type { Statement } from '@/lib/core/statement';
import { rescueBefore } from '@/lib/rescue';
import type { UndoHooks } from '@/lib/undo';

const SAVEPOINT = 'before_rescue';

/** Makes the rescue copies of one step, on the scratch database, as a run with them would. */
export interface RescueRehearsal {
  beforeStatement: NonNullable<UndoHooks['beforeStatement']>;
  /** What is not copied, and why. */
  remarks: string[];
}

/**
 * Undefined where the policy keeps no copies. Where a person decides, copies that can't be made are
 * remarked on, as the run may go without them; where the policy always wants them, the step fails.
 */
export function rescueRehearsal(
  step: PlanStep,
  rollback: string,
  policy: Pick<Policy, 'rescue' | 'rescue_max_mb'>,
): RescueRehearsal | undefined {
  if (policy.rescue === 'off') return undefined;
  const remarks: string[] = [];
  const copy = (client: pg.Client, statement: Statement) =>
    rescueBefore(client, {
      rollback,
      position: step.position,
      statement,
      limitBytes: policy.rescue_max_mb * 1024 * 1024,
      notRescued: (sentence) => remarks.push(`${place(step, statement)}: ${sentence}`),
    });
  return {
    remarks,
    async beforeStatement(client, statement) {
      if (policy.rescue === 'always') {
        await copy(client, statement);
        return;
      }
      await client.query(`SAVEPOINT ${SAVEPOINT}`);
      try {
        await copy(client, statement);
      } catch (cause) {
        await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
        const { message } = cause as Error;
        remarks.push(
          `${place(step, statement)}: no rescue copy can be made (${message}). Run without rescue copies.`,
        );
      }
      await client.query(`RELEASE SAVEPOINT ${SAVEPOINT}`);
    },
  };
}

const place = (step: PlanStep, statement: Statement): string =>
  `${step.rollbackFile}, line ${statement.line}`;
