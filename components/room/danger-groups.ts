import type { Danger } from '@/lib/core/dangers';
import type { Acknowledgement } from '@/lib/core/evidence';
import type { RollbackRoom } from '@/lib/core/views';

export interface ReadDanger {
  danger: Danger;
  /** null: nobody has taken it on for this plan. */
  taken: Acknowledgement | null;
}

export interface DangerGroup {
  position: number;
  tag: string;
  dangers: ReadDanger[];
}

type Parts = Pick<RollbackRoom, 'dangers' | 'acknowledgements' | 'digest'>;

/** Dangers under their migration, in run order, each with who took it on for this very digest. */
export function groupDangers({ dangers, acknowledgements, digest }: Parts): DangerGroup[] {
  const taken = new Map(
    acknowledgements.filter((one) => one.digest === digest).map((one) => [one.key, one]),
  );
  const groups = new Map<number, DangerGroup>();
  for (const danger of dangers) {
    const { position, tag } = danger;
    const group = groups.get(position) ?? { position, tag, dangers: [] };
    group.dangers.push({ danger, taken: taken.get(danger.key) ?? null });
    groups.set(position, group);
  }
  return [...groups.values()].sort((a, b) => a.position - b.position);
}

/** How many of the dangers somebody has taken on. */
export function countTaken(room: Parts): { taken: number; all: number } {
  const read = groupDangers(room).flatMap((group) => group.dangers);
  return { taken: read.filter((one) => one.taken !== null).length, all: read.length };
}
