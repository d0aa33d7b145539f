import type { ReactNode } from 'react';
import { ConsoleShell } from '@/components/account/console-shell';
import { Banner } from '@/components/ui/banner';
import { currentActor } from '@/lib/auth/next';
import { can, ROLE_LABELS } from '@/lib/core/actor';
import { countByStatus } from '@/lib/history';
import { countRestoresAwaitingApproval } from '@/lib/restore';
import { contextFor, currentConfig } from '@/lib/server/runtime';

/** Every page for people who are signed in. Each page asks for its actor itself, too. */
export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const actor = await currentActor();
  const { problem } = await currentConfig();
  const ctx = await contextFor(actor);
  const counts = await countByStatus(ctx);
  const pending = counts.awaiting_approval ?? 0;
  const swaps = await countRestoresAwaitingApproval(ctx);
  const decides = can(actor, 'approval.decide');
  return (
    <ConsoleShell
      user={{ name: actor.name, email: actor.email, role: ROLE_LABELS[actor.role] }}
      items={[
        { href: '/', label: 'Targets' },
        {
          // Who decides is led to what waits for them; the tab beside it has all the others.
          href: decides && pending > 0 ? '/rollbacks?status=awaiting_approval' : '/rollbacks',
          label: 'Rollbacks',
          count: pending,
          countLabel: decides ? 'waiting for a reviewer' : 'waiting for approval',
        },
        {
          href: decides && swaps > 0 ? '/restore' : '/backups',
          also: ['/backups', '/restore'],
          label: 'Backups',
          count: swaps,
          countLabel: decides ? 'restores waiting for a reviewer' : 'restores waiting for approval',
        },
        { href: '/history', label: 'History' },
        { href: '/settings', label: 'Settings' },
      ]}
    >
      {problem ? (
        <div className="px-6 pt-4 max-md:px-4">
          <Banner tone="danger" title="The configuration file is broken" role="alert">
            The last good one counts until it is mended.
            <pre className="mt-2 text-xs whitespace-pre-wrap wrap-anywhere">{problem}</pre>
          </Banner>
        </div>
      ) : null}
      {children}
    </ConsoleShell>
  );
}
