import { DecisionCard } from '@/components/decision/decision-card';
import type { Actor } from '@/lib/core/actor';
import type { TargetPage } from '@/lib/core/views';
import { readOtherWays } from '@/lib/decision';
import { contextFor } from '@/lib/server/runtime';

/** The three ways out for the target as a whole, before anybody has chosen where to go back to. */
export async function WaysOut({ actor, page }: { actor: Actor; page: TargetPage }) {
  const { summary, lines, barrier } = page;
  const others = await readOtherWays(await contextFor(actor), {
    target: summary.name,
    head: summary.headTag,
  });
  return (
    <DecisionCard
      rollBack={{
        migrations: summary.coverage.filter(({ undoable }) => undoable).length,
        to: lines.findLast(({ destination }) => destination)?.tag ?? null,
        time: null,
        rowsLost: null,
        inTheWay: barrier ? [barrier.message] : [],
      }}
      others={others}
      restoreHref={`/restore?target=${encodeURIComponent(summary.name)}`}
    />
  );
}
