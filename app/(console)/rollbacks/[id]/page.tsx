import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { eventsKey, roomKey } from '@/components/live/room-query';
import { RoomView } from '@/components/room/room-view';
import { currentActor } from '@/lib/auth/next';
import { type Ctx, readEvents } from '@/lib/control';
import type { OtherWays } from '@/lib/core/decision';
import { BackstepError } from '@/lib/core/errors';
import type { RollbackEvent } from '@/lib/core/events';
import { parseRollbackLabel } from '@/lib/core/rollback';
import type { RollbackRoom } from '@/lib/core/views';
import { readOtherWays } from '@/lib/decision';
import { getRoom } from '@/lib/history';
import { checkPlan } from '@/lib/plan';
import { contextFor } from '@/lib/server/runtime';
import { highlightPlan } from './_parts/highlight-plan';

interface RoomPageProps {
  params: Promise<{ id: string }>;
}

export async function generateMetadata({ params }: RoomPageProps): Promise<Metadata> {
  return { title: (await params).id };
}

/** The rollback room: what is known now goes out with the page, the rest follows by events. */
export default async function RoomPage({ params }: RoomPageProps) {
  const { id: label } = await params;
  if (parseRollbackLabel(label) === undefined) notFound();
  const actor = await currentActor(`/rollbacks/${label}`);
  const ctx = await contextFor(actor);
  const room = await readRoom(ctx, label);
  const client = new QueryClient();
  client.setQueryData(roomKey(label), room);
  client.setQueryData(eventsKey(label), await readAllEvents(ctx, room.id));
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <RoomView
        label={label}
        actorId={actor.id}
        sql={await highlightPlan(room.plan)}
        otherWays={otherWays(ctx, room)}
      />
    </HydrationBoundary>
  );
}

async function readRoom(ctx: Ctx, label: string): Promise<RollbackRoom> {
  try {
    return await getRoom(ctx, { rollback: label }, { checkPlan });
  } catch (cause) {
    if (cause instanceof BackstepError && cause.code === 'not_found') notFound();
    throw cause;
  }
}

/** Not awaited: the room must not wait for it. Only a draft is a decision still. */
function otherWays(ctx: Ctx, { status, target, plan }: RollbackRoom): Promise<OtherWays> | null {
  return status === 'draft'
    ? readOtherWays(ctx, { target: target.name, head: plan.from.tag })
    : null;
}

const BATCH = 1_000;

/** All that has happened so far, so that a reload shows the timeline and not its growing. */
async function readAllEvents(ctx: Ctx, rollbackId: number): Promise<RollbackEvent[]> {
  const events: RollbackEvent[] = [];
  for (;;) {
    const batch = await readEvents(ctx, rollbackId, events.at(-1)?.seq ?? 0, BATCH);
    events.push(...batch);
    if (batch.length < BATCH) return events;
  }
}
