import { formatCount } from '@/components/room/format-count';
import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import type { ReappliedRow } from '@/lib/core/events';
import type { TargetFence } from '@/lib/core/views';

export interface FenceLook {
  tone: ChipTone;
  icon: IconName;
  word: string;
}

/** What stands between newer images and a target, as a chip. */
export function fenceLook(fence: Pick<TargetFence, 'kind' | 'reapplied'> | null): FenceLook {
  if (!fence) return { tone: 'neutral', icon: 'fenceDown', word: 'Fence is down' };
  if (fence.reapplied.length > 0) return { tone: 'danger', icon: 'danger', word: 'Applied again' };
  return fence.kind === 'watch'
    ? { tone: 'warn', icon: 'eye', word: 'Watched, no fence' }
    : { tone: 'info', icon: 'fenceUp', word: 'Fence is up' };
}

/** How often a newer image ran into it; null when none did, or nothing is there to run into. */
export function refusedWords({
  kind,
  refusals,
}: Pick<TargetFence, 'kind' | 'refusals'>): string | null {
  return kind === 'trigger' && refusals > 0
    ? `Refused newer images ${formatCount(refusals, 'time')}`
    : null;
}

/** By tag, or by its hash where no file of the plan has it. */
export function reappliedName({ tag, hash }: Pick<ReappliedRow, 'tag' | 'hash'>): string {
  return tag ?? `a migration with the hash ${hash.slice(0, 12)}`;
}
