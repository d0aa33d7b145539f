import type pg from 'pg';
import type { Plan } from '@/lib/core/plan';
import type { TargetConfig } from '@/lib/core/policy';
import { trackingIdentifier } from '@/lib/target';

const RELATIONS_SQL = `
  SELECT w.name,
         c.oid IS NULL OR pg_catalog.pg_has_role(c.relowner, 'USAGE') AS ok,
         pg_catalog.pg_get_userbyid(c.relowner) AS owner
  FROM unnest($1::text[]) AS w(name)
  LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name)`;

const TRACKING_SQL = `
  SELECT pg_catalog.has_table_privilege($1::regclass, 'SELECT, DELETE') AND
         pg_catalog.has_table_privilege($1::regclass, 'SELECT') AND
         pg_catalog.has_table_privilege($1::regclass, 'DELETE') AS can_delete,
         pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owns,
         pg_catalog.has_table_privilege($1::regclass, 'TRIGGER') AS can_trigger,
         pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE') AS can_create
  FROM pg_catalog.pg_class c WHERE c.oid = $1::regclass`;

/**
 * What the role of the connection lacks for this plan, as a sentence; null when it lacks nothing.
 * Relations are the ones that the statements name; what a script reaches otherwise is found by its
 * own transaction.
 */
export async function missingRights(
  client: pg.ClientBase,
  target: TargetConfig,
  plan: Plan,
  stepsDone: number,
): Promise<string | null> {
  const tracking = trackingIdentifier(plan.tracking);
  const right = (
    await client.query<{
      can_delete: boolean;
      owns: boolean;
      can_trigger: boolean;
      can_create: boolean;
    }>(TRACKING_SQL, [tracking])
  ).rows[0];
  if (!right?.can_delete)
    return `The role may not delete from ${tracking}. Grant it SELECT and DELETE there, or use the role that migrates.`;
  if (target.policy.fence && !(right.can_trigger && right.can_create && right.owns))
    return `The role may not create the fence on ${tracking}: it needs to own the table and CREATE on the schema. Use the role that migrates, or set fence: false for this target.`;
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
