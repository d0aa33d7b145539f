import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import type { Tone } from '@/components/ui/tone';
import {
  OUTCOME_LABELS,
  type Outcome,
  type RollbackStatus,
  STATUS_LABELS,
} from '@/lib/core/rollback';

export interface StatusLook {
  tone: ChipTone;
  icon: IconName | null;
  busy: boolean;
  word: string;
}

const STATUS: Record<RollbackStatus, Omit<StatusLook, 'word'>> = {
  draft: { tone: 'neutral', icon: 'draft', busy: false },
  awaiting_approval: { tone: 'info', icon: 'clock', busy: false },
  approved: { tone: 'ok', icon: 'ok', busy: false },
  running: { tone: 'accent', icon: null, busy: true },
  succeeded: { tone: 'ok', icon: 'ok', busy: false },
  stopped: { tone: 'warn', icon: 'pause', busy: false },
  unknown: { tone: 'unknown', icon: 'unknown', busy: false },
  rejected: { tone: 'danger', icon: 'danger', busy: false },
  cancelled: { tone: 'neutral', icon: 'minusCircle', busy: false },
  expired: { tone: 'neutral', icon: 'clock', busy: false },
};

export const OUTCOME_TONE: Record<Outcome, Tone> = {
  nothing_changed: 'info',
  changed_verified: 'ok',
  changed_unverified: 'warn',
  stopped_clean: 'warn',
  outcome_unknown: 'unknown',
};

/** The chip beside the title: the outcome where a run has one, else the status. */
export function statusLook(
  status: RollbackStatus,
  outcome: Outcome | null,
  waitsForLock: boolean,
): StatusLook {
  if (status === 'running' && waitsForLock) {
    return { tone: 'warn', icon: 'lock', busy: false, word: 'Running, waiting for a lock' };
  }
  const told = status === 'succeeded' || status === 'stopped' || status === 'unknown';
  if (told && outcome) {
    const tone = OUTCOME_TONE[outcome];
    const icon = outcome === 'stopped_clean' ? 'pause' : null;
    return { tone, icon: icon ?? outcomeIcon[outcome], busy: false, word: OUTCOME_LABELS[outcome] };
  }
  return { ...STATUS[status], word: STATUS_LABELS[status] };
}

const outcomeIcon: Record<Outcome, IconName> = {
  nothing_changed: 'info',
  changed_verified: 'ok',
  changed_unverified: 'warn',
  stopped_clean: 'pause',
  outcome_unknown: 'unknown',
};
