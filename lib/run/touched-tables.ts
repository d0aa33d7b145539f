import { describeTable, snapshotCatalog } from '@/lib/catalog';
import { type Ctx, findRollback, loadFacts } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import type { TouchedTable } from '@/lib/core/views';
import { withTarget } from '@/lib/target';

/** The tables that the rehearsal saw change, as they are on the target now. @throws BackstepError `target_unreachable` */
export async function readTouchedTables(
  ctx: Ctx,
  input: { rollback: string },
): Promise<TouchedTable[]> {
  requirePermission(ctx.actor, 'target.read');
  const facts = await loadFacts(ctx, findRollback(input.rollback));
  const names = new Set<string>();
  for (const step of facts.input.rehearsal?.result?.steps ?? []) {
    for (const change of step.changes) {
      if (change.kind === 'table') names.add(change.name);
      else if (change.parent) names.add(change.parent);
    }
  }
  const snapshot = await withTarget(facts.target, 'read', (client) =>
    snapshotCatalog(client, { tracking: facts.target.tracking }),
  );
  return [...names].sort().map((name) => describeTable(snapshot, name));
}
