import type { StepLook } from '@/components/room/step-look';
import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import type { GateState } from '@/lib/core/gates';
import { RESTORE_STATUS_LABELS, type RestoreStatus } from '@/lib/core/restore';

export interface RestoreLook {
  tone: ChipTone;
  icon: IconName | null;
  busy: boolean;
  word: string;
}

const STATUS: Record<RestoreStatus, Omit<RestoreLook, 'word'>> = {
  draft: { tone: 'neutral', icon: 'draft', busy: false },
  restoring: { tone: 'accent', icon: null, busy: true },
  restored: { tone: 'info', icon: 'database', busy: false },
  failed: { tone: 'danger', icon: 'danger', busy: false },
  awaiting_approval: { tone: 'info', icon: 'clock', busy: false },
  approved: { tone: 'ok', icon: 'ok', busy: false },
  swapping: { tone: 'accent', icon: null, busy: true },
  swapped: { tone: 'ok', icon: 'swap', busy: false },
  swapping_back: { tone: 'accent', icon: null, busy: true },
  swapped_back: { tone: 'neutral', icon: 'undo', busy: false },
  unknown: { tone: 'unknown', icon: 'unknown', busy: false },
  rejected: { tone: 'danger', icon: 'danger', busy: false },
  cancelled: { tone: 'neutral', icon: 'minusCircle', busy: false },
};

/** The chip beside the title. */
export function restoreLook(status: RestoreStatus): RestoreLook {
  return { ...STATUS[status], word: RESTORE_STATUS_LABELS[status] };
}

/** Something goes on by itself: the page looks again soon. */
export function isUnderWay(status: RestoreStatus): boolean {
  return STATUS[status].busy || status === 'unknown';
}

/** The restored database neither serves nor will. */
export function isOver(status: RestoreStatus): boolean {
  return status === 'swapped_back' || status === 'cancelled' || status === 'rejected';
}

/** A step's mark in the way through. */
export const STEP_LOOKS: Record<GateState, StepLook> = {
  done: { tone: 'ok', icon: 'check', busy: false, word: 'done' },
  current: { tone: 'accent', icon: null, busy: false, word: 'next' },
  todo: { tone: 'neutral', icon: null, busy: false, word: 'not started' },
  working: { tone: 'accent', icon: null, busy: true, word: 'under way' },
  failed: { tone: 'danger', icon: 'x', busy: false, word: 'failed' },
  stale: { tone: 'warn', icon: 'warn', busy: false, word: 'out of date' },
};

const ACTS: Record<string, string> = {
  create_database: 'New database',
  restore: 'Restore',
  close_doors: 'Let nobody in any more',
  end_sessions: 'End the sessions that are still in',
  restore_schemas: 'Restore',
  rename: 'Rename, in one transaction',
  open_doors: 'Let clients in again',
  drop_database: 'Drop',
  drop_schemas: 'Drop',
};

/** An act on the server in words; the bare name for one of a newer version. */
export function actWords(name: string): string {
  return ACTS[name] ?? name.replaceAll('_', ' ');
}
