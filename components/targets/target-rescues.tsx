import Link from 'next/link';
import { RescueCopies } from '@/components/rescue/rescue-copies';
import { Panel, PanelHeader } from '@/components/ui/panel';
import type { RescueEvidence } from '@/lib/core/evidence';

/** Rescue copies that still lie in the target, by the rollback that made them. */
export function TargetRescues({ copies }: { copies: readonly RescueEvidence[] }) {
  const labels = [...new Set(copies.map(({ rollback }) => rollback))].reverse();
  return (
    <Panel aria-labelledby="rescue-copies">
      <PanelHeader
        title="Rescue copies on this target"
        titleId="rescue-copies"
        detail="in the schema backstep_rescue"
      />
      {labels.map((label) => (
        <section key={label} aria-label={`Rescue copies of ${label}`}>
          <p className="border-y border-line-soft bg-raised px-4 py-1.5 text-xs text-text-2 first:border-t-0">
            Made by{' '}
            <Link href={`/rollbacks/${label}?step=verify`} className="link">
              {label}
            </Link>
            , where they can be dropped
          </p>
          <RescueCopies copies={copies.filter(({ rollback }) => rollback === label)} />
        </section>
      ))}
    </Panel>
  );
}
