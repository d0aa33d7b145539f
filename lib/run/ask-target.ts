import type pg from 'pg';
import type { RollbackFacts } from '@/lib/control';
import type { TrackingRow } from '@/lib/core/migration';
import { type Part, partsOf } from '@/lib/core/parts';
import type { PlanStep } from '@/lib/core/plan';
import { readTracking } from '@/lib/target';
import { aloneOf, probeAfterwards } from '@/lib/undo';

/** What the control database knows of the step that was under way. */
export interface Doubt {
  /** Of the last transaction that may have been committed. */
  xid: string | null;
  partsDone: number;
  intentPart: number | null;
  /** All steps that are left were one transaction. */
  allOrNothing: boolean;
}

/** What the target says. */
export type Answer =
  | { known: false; why: string }
  | {
      known: true;
      /** Positions of steps that are in, though nobody saw the answer to their COMMIT. */
      steps: number[];
      /** The part that was in doubt, of a step that is not in as a whole. */
      part: { index: number; in: boolean; left: string | undefined } | null;
      /** What the catalog said of a statement that ran alone. */
      probed?: { index: number; found: 'done' | 'not_done' | 'unfinished'; message: string };
    };

const NOTHING: Answer = { known: true, steps: [], part: null };

/**
 * Asks the target what became of the step that was under way when a run broke off: the tracking row, the
 * status of the transaction, and for a statement outside of any transaction the catalog.
 * @throws what the server says
 */
export async function askTarget(
  client: pg.Client,
  facts: RollbackFacts,
  doubt: Doubt,
): Promise<Answer> {
  const { plan, stepsDone } = facts.row;
  const step = plan.steps[stepsDone];
  if (!step) return NOTHING;
  const rows = await readTracking(client, plan.tracking);
  if (doubt.allOrNothing) return askChain(client, plan.steps.slice(stepsDone), rows, doubt);
  const parts = partsOf(step.statements);
  const asked = doubt.intentPart ?? (doubt.xid === null ? null : parts.length - 1);
  const part = asked === null ? undefined : parts[asked];
  // Of several parts only the last takes the row.
  const wholeStep = parts.length === 1 || part?.index === parts.length - 1;
  if (wholeStep) return askStep(client, step, rows, doubt.xid);
  if (!present(rows, step)) return rowGone(step);
  if (!part) return NOTHING;
  return part.transactional
    ? askPart(client, part, doubt.xid)
    : probePart(client, facts, step, part);
}

function present(rows: readonly TrackingRow[], { row }: PlanStep): boolean {
  return rows.some(
    (found) => found.id === row.id && found.hash === row.hash && found.createdAt === row.createdAt,
  );
}

const rowGone = (step: PlanStep): Answer => ({
  known: false,
  why: `The step was never committed, yet the tracking row of ${step.tag} is gone: somebody removed it. Compare the schema by hand.`,
});

const STILL_OPEN: Answer = { known: false, why: 'The transaction of the step is still open.' };

/** The id is recorded before COMMIT is sent. Without one, no COMMIT of ours took the row away. */
async function askStep(
  client: pg.Client,
  step: PlanStep,
  rows: readonly TrackingRow[],
  xid: string | null,
): Promise<Answer> {
  const there = present(rows, step);
  if (xid === null && !there) return rowGone(step);
  const status = xid === null ? null : await transactionStatus(client, xid);
  const contradiction = contradicts(status, there, step);
  if (contradiction) return contradiction;
  return { known: true, steps: there ? [] : [step.position], part: null };
}

/** One transaction held all of them, so that all rows are there, or none. */
async function askChain(
  client: pg.Client,
  steps: readonly PlanStep[],
  rows: readonly TrackingRow[],
  { xid }: Doubt,
): Promise<Answer> {
  const there = steps.filter((step) => present(rows, step));
  const [gone] = steps.filter((step) => !there.includes(step));
  if (xid === null && gone) return rowGone(gone);
  if (there.length > 0 && gone) {
    return {
      known: false,
      why: `The steps were one transaction, yet the tracking row of ${gone.tag} is gone and that of ${there[0]?.tag} is there: somebody changed them. Compare the schema by hand.`,
    };
  }
  const [first] = steps;
  const status = xid === null ? null : await transactionStatus(client, xid);
  const contradiction = first ? contradicts(status, there.length > 0, first) : null;
  if (contradiction) return contradiction;
  return {
    known: true,
    steps: gone ? steps.map(({ position }) => position) : [],
    part: null,
  };
}

/** Where the status of the transaction and the row tell different stories, neither is believed. */
function contradicts(status: string | null, there: boolean, step: PlanStep): Answer | null {
  if (status === 'in progress') return STILL_OPEN;
  if (status === 'committed' && there) {
    return {
      known: false,
      why: `The step was committed, yet the tracking row of ${step.tag} is there: it was applied again meanwhile. Stop what boots the newer release, then compare the schema by hand.`,
    };
  }
  if (status === 'aborted' && !there) {
    return {
      known: false,
      why: `The step was rolled back, yet the tracking row of ${step.tag} is gone: somebody removed it. Compare the schema by hand.`,
    };
  }
  return null;
}

/** No row tells of a part; the transaction's own status does. */
async function askPart(client: pg.Client, part: Part, xid: string | null): Promise<Answer> {
  const status = xid === null ? null : await transactionStatus(client, xid);
  if (status === 'in progress') return STILL_OPEN;
  if (status === null) {
    return {
      known: false,
      why: `The server does not know transaction ${xid ?? 'of the step'} any more, so that nobody can say whether part ${part.index + 1} of the step is in. Compare the schema by hand.`,
    };
  }
  const settled = { index: part.index, in: status === 'committed', left: undefined };
  return { known: true, steps: [], part: settled };
}

async function probePart(
  client: pg.Client,
  facts: RollbackFacts,
  step: PlanStep,
  part: Part,
): Promise<Answer> {
  const { policy } = facts.target;
  const { rows } = await client.query<{ path: string }>(
    "SELECT pg_catalog.current_setting('search_path') AS path",
  );
  const { found, message } = await probeAfterwards(
    client,
    {
      step,
      settings: {
        lockTimeoutMs: policy.lock_timeout_ms,
        statementTimeoutMs: policy.statement_timeout_ms,
        searchPath: rows[0]?.path ?? '',
      },
    },
    part,
  );
  return {
    known: true,
    steps: [],
    part: {
      index: part.index,
      in: found === 'done',
      left: found === 'unfinished' ? message : undefined,
    },
    probed: { index: aloneOf(step, part).index, found, message },
  };
}

/** Null when the server no longer knows, or the id is not of this server's history. */
async function transactionStatus(client: pg.Client, xid: string): Promise<string | null> {
  try {
    const { rows } = await client.query<{ status: string | null }>(
      'SELECT pg_catalog.txid_status($1::bigint) AS status',
      [xid],
    );
    return rows[0]?.status ?? null;
  } catch {
    return null;
  }
}
