import type pg from 'pg';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { type TrackingTable, trackingIdentifier } from '@/lib/target';
import { FENCE_NAME } from '@/lib/undo';

/** What keeps a newer image from applying again what the run undoes. */
export type Guard = { kind: 'trigger' } | { kind: 'watch'; why: string };

/** What the role of the connection may do for this plan. */
export interface Rights {
  /** What it lacks, as a sentence; null when it lacks nothing. */
  missing: string | null;
  guard: Guard;
}

const RELATIONS_SQL = `
  SELECT w.name,
         c.oid IS NULL OR pg_catalog.pg_has_role(c.relowner, 'USAGE') AS ok,
         pg_catalog.pg_get_userbyid(c.relowner) AS owner
  FROM unnest($1::text[]) AS w(name)
  LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name)`;

// Of an older fence: its function and whatever it counts with. Only the owner may replace them.
const TRACKING_SQL = `
  SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AND
         pg_catalog.has_table_privilege(c.oid, 'DELETE') AS can_delete,
         pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owns,
         pg_catalog.has_table_privilege(c.oid, 'TRIGGER') AS can_trigger,
         pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE') AS can_create,
         coalesce((SELECT pg_catalog.has_language_privilege(l.oid, 'USAGE')
                     FROM pg_catalog.pg_language l WHERE l.lanname = 'plpgsql'), false) AS can_write,
         (SELECT pg_catalog.pg_get_userbyid(o.owner)
            FROM (SELECT p.proowner FROM pg_catalog.pg_proc p
                   WHERE p.pronamespace = c.relnamespace AND pg_catalog.starts_with(p.proname, $2)
                   UNION ALL
                  SELECT r.relowner FROM pg_catalog.pg_class r
                   WHERE r.relnamespace = c.relnamespace AND pg_catalog.starts_with(r.relname, $2)
                 ) AS o(owner)
           WHERE NOT pg_catalog.pg_has_role(o.owner, 'USAGE') LIMIT 1) AS fence_owner
  FROM pg_catalog.pg_class c WHERE c.oid = $1::regclass`;

interface TrackingRights {
  can_delete: boolean;
  owns: boolean;
  can_trigger: boolean;
  can_create: boolean;
  can_write: boolean;
  fence_owner: string | null;
}

/**
 * Asks what the role may do, and with that which guard can stand after the run. Without the right to
 * put up the fence there is a watch instead; without the rights that the steps need, a refusal.
 * Relations are the ones that the statements name; what a script reaches otherwise is found by its
 * own transaction.
 */
export async function readRights(
  client: pg.ClientBase,
  target: TargetConfig,
  plan: Plan,
  stepsDone: number,
): Promise<Rights> {
  const tracking = trackingIdentifier(plan.tracking);
  const right = (await client.query<TrackingRights>(TRACKING_SQL, [tracking, FENCE_NAME])).rows[0];
  const guard = guardFor(target, plan.tracking, right);
  if (!right?.can_delete) {
    const missing = `The role may not delete from ${tracking}. Grant it SELECT and DELETE there, or use the role that migrates.`;
    return { missing, guard };
  }
  return { missing: await foreignRelations(client, plan, stepsDone), guard };
}

function guardFor(
  target: TargetConfig,
  tracking: TrackingTable,
  right: TrackingRights | undefined,
): Guard {
  if (!target.policy.fence)
    return { kind: 'watch', why: 'The policy of this target asks for none.' };
  const table = trackingIdentifier(tracking);
  const watch = (why: string): Guard => ({ kind: 'watch', why });
  if (!right?.owns || !right.can_trigger)
    return watch(`The role does not own ${table}, so it may not create a trigger there.`);
  if (!right.can_create)
    return watch(`The role may not create a function in the schema ${tracking.schema}.`);
  if (!right.can_write) return watch('The role may not create functions in PL/pgSQL.');
  if (right.fence_owner !== null)
    return watch(
      `An older fence in the schema ${tracking.schema} belongs to ${right.fence_owner}, so the role may not replace it.`,
    );
  return { kind: 'trigger' };
}

async function foreignRelations(
  client: pg.ClientBase,
  plan: Plan,
  stepsDone: number,
): Promise<string | null> {
  const names = new Set(
    plan.steps
      .slice(stepsDone)
      .flatMap((step) => step.statements)
      .flatMap((statement) => statement.hazards)
      .flatMap((hazard) => (hazard.relation ? [hazard.relation] : [])),
  );
  const { rows } = await client.query<{ name: string; ok: boolean; owner: string | null }>(
    RELATIONS_SQL,
    [[...names]],
  );
  const foreign = rows.filter((row) => !row.ok);
  if (foreign.length === 0) return null;
  const list = foreign.map((row) => `${row.name} (owner ${row.owner})`).join(', ');
  return `The role does not own ${list}. Use the owner's role in url, or grant its role to this one.`;
}
