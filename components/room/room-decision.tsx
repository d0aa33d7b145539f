'use client';

import { createContext, type ReactNode, Suspense, use } from 'react';
import { DecisionCard } from '@/components/decision/decision-card';
import { LoadingLines } from '@/components/ui/skeleton';
import { type OtherWays, plannedWay } from '@/lib/core/decision';
import type { RollbackRoom } from '@/lib/core/views';

const Ways = createContext<Promise<OtherWays> | null>(null);

/** Hands what comes after the page to the step that shows it. */
export function OtherWaysProvider({
  ways,
  children,
}: {
  ways: Promise<OtherWays> | null;
  children: ReactNode;
}) {
  return <Ways value={ways}>{children}</Ways>;
}

/** The three ways out, for as long as this rollback is a draft: nobody is asked for anything yet. */
export function RoomDecision({ room }: { room: RollbackRoom }) {
  const ways = use(Ways);
  if (ways === null || room.status !== 'draft') return null;
  return (
    <Suspense fallback={<LoadingLines label="Asking what a restore would cost" lines={4} />}>
      <Card room={room} ways={ways} />
    </Suspense>
  );
}

function Card({ room, ways }: { room: RollbackRoom; ways: Promise<OtherWays> }) {
  const inTheWay = room.gates.steps
    .filter(({ step, open }) => !open && step !== 'run' && step !== 'verify')
    .flatMap(({ reason }) => reason ?? []);
  return (
    <DecisionCard
      rollBack={plannedWay({ ...room, stepsDone: 0, inTheWay })}
      others={use(ways)}
      restoreHref={`/restore?target=${encodeURIComponent(room.target.name)}`}
    />
  );
}
