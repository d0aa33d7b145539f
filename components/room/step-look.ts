import type { IconName } from '@/components/ui/icon';
import type { Tone } from '@/components/ui/tone';
import type { Gate, GateState } from '@/lib/core/gates';
import type { RollbackStatus } from '@/lib/core/rollback';
import type { RollbackRoom } from '@/lib/core/views';

export interface StepLook {
  tone: Tone | 'accent' | 'neutral';
  /** `null`: the step's number stands there. */
  icon: IconName | null;
  busy: boolean;
  /** Said after the step's name. */
  word: string;
}

const LOOKS: Record<GateState, StepLook> = {
  done: { tone: 'ok', icon: 'check', busy: false, word: 'done' },
  current: { tone: 'accent', icon: null, busy: false, word: 'next' },
  todo: { tone: 'neutral', icon: null, busy: false, word: 'not started' },
  working: { tone: 'accent', icon: null, busy: true, word: 'under way' },
  failed: { tone: 'danger', icon: 'x', busy: false, word: 'failed' },
  stale: { tone: 'warn', icon: 'warn', busy: false, word: 'out of date' },
};

/**
 * A step's mark in the navigation.
 * @param waitsForLock the run stands still because of another session
 */
export function stepLook(gate: Gate, status: RollbackStatus, waitsForLock: boolean): StepLook {
  const look = LOOKS[gate.state];
  // Between steps nothing needs anybody until its turn comes.
  if (gate.step === 'approval' && gate.state === 'working') {
    return { ...look, tone: 'info', icon: 'clock', busy: false, word: 'waiting' };
  }
  if (gate.step !== 'run') return look;
  if (status === 'unknown') return { ...look, tone: 'unknown', icon: 'unknown', word: 'unknown' };
  if (status === 'stopped') return { ...look, tone: 'warn', icon: 'pause', word: 'stopped' };
  if (status === 'running' && waitsForLock) {
    return { ...look, tone: 'warn', icon: 'lock', busy: false, word: 'waiting for a lock' };
  }
  return look;
}

/** Since when a step is under way; null for one that is not, or of which nothing says it. */
export function workingSince(
  { step, state }: Pick<Gate, 'step' | 'state'>,
  room: Pick<RollbackRoom, 'rehearsal' | 'backup' | 'approvalRequestedAt' | 'run'>,
): string | null {
  if (state !== 'working') return null;
  switch (step) {
    case 'preview':
      return room.rehearsal?.startedAt ?? room.rehearsal?.queuedAt ?? null;
    case 'backup':
      return room.backup?.startedAt ?? room.backup?.queuedAt ?? null;
    case 'approval':
      return room.approvalRequestedAt;
    case 'run':
      return room.run?.startedAt ?? room.run?.requestedAt ?? null;
    default:
      return null;
  }
}
