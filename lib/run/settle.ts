import type pg from 'pg';
import { type Ctx, loadFacts, type RollbackFacts } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { closeTarget, openTarget } from '@/lib/target';
import { type Answer, askTarget, type Doubt } from './ask-target';
import { endSession } from './end-session';
import type { RunRecord } from './run-record';
import { Settled } from './settled';

const CONNECT_ATTEMPTS = 3;
const CONNECT_PAUSE_MS = 1_000;
/** A target that falls silent meanwhile is asked again in the next round. */
const SETTLE_LIMIT_MS = 60_000;

/**
 * Finds out what became of a run whose session is gone, and writes it down: ends what is left of the
 * session, then asks the target. Nothing is retried, and nothing on the target is changed.
 * @throws EpochLostError, and what the control database says
 */
export async function settle(ctx: Ctx, rollbackId: number, record: RunRecord): Promise<void> {
  const facts = await loadFacts(ctx, rollbackId);
  let client: pg.Client;
  try {
    client = await connect(facts);
  } catch (cause) {
    await unknown(facts, record, `The target does not answer: ${(cause as Error).message}`);
    return;
  }
  const limit = setTimeout(() => client.connection.stream.destroy(), SETTLE_LIMIT_MS);
  try {
    // Whoever has taken over meanwhile, while this process stood still, may have let the run go on.
    await record.heartbeat();
    const hindrance = await endSession(ctx, client, facts).catch(whyNot);
    // Only now: a living session could still have recorded its id and committed.
    const doubt = await readDoubt(ctx, facts);
    const answer: Answer = hindrance
      ? { known: false, why: hindrance }
      : await askTarget(client, facts, doubt).catch((cause: unknown) => ({
          known: false as const,
          why: whyNot(cause),
        }));
    if (answer.known) await new Settled(ctx, client, facts, record, doubt).write(answer);
    else await unknown(facts, record, answer.why);
  } finally {
    clearTimeout(limit);
    await closeTarget(client);
  }
}

async function connect(facts: RollbackFacts): Promise<pg.Client> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openTarget(facts.target, 'write', {
        applicationName: `backstep settle ${facts.row.id}`,
      });
    } catch (cause) {
      if (attempt >= CONNECT_ATTEMPTS) throw cause;
      await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
    }
  }
}

function whyNot(cause: unknown): string {
  const { message } = cause as Error;
  return cause instanceof BackstepError ? message : `The target can’t be asked: ${message}.`;
}

/** The step in doubt is the first that is not counted as done. */
async function readDoubt(ctx: Ctx, facts: RollbackFacts): Promise<Doubt> {
  const row = await ctx.db.query.rollbackSteps.findFirst({
    columns: { xid: true, partsDone: true, intentPart: true },
    where: (steps, { and, eq }) =>
      and(eq(steps.rollbackId, facts.row.id), eq(steps.position, facts.row.stepsDone)),
  });
  return {
    xid: row?.xid ?? null,
    partsDone: row?.partsDone ?? 0,
    intentPart: row?.intentPart ?? null,
    allOrNothing: facts.input.run?.allOrNothing ?? false,
  };
}

async function unknown(facts: RollbackFacts, record: RunRecord, why: string): Promise<void> {
  if (facts.row.status === 'unknown') {
    await record.stayUnknown(why);
    return;
  }
  await record.finish({
    status: 'unknown',
    outcome: 'outcome_unknown',
    done: facts.row.stepsDone,
    total: facts.row.stepsTotal,
    message: `${why} Nothing more runs by itself; Backstep asks again every few seconds.`,
  });
}
