import type { IconName } from '@/components/ui/icon';
import type { ChipTone } from '@/components/ui/status-chip';
import type { Tone } from '@/components/ui/tone';
import type { TimelineStep } from '@/lib/core/timeline';

export interface NodeLook {
  /** `null`: the number of the step stands in the circle. */
  icon: IconName | null;
  busy: boolean;
  /** Classes of the circle and of the line that leads on from it. */
  mark: string;
  line: string;
  chip: { tone: ChipTone; icon?: IconName; busy?: boolean; word: string };
  /** Colours the frame of the step that needs a look. */
  frame: Tone | undefined;
  /** Its events are in sight from the start. */
  open: boolean;
}

const DASHED = {
  accent: 'bg-[repeating-linear-gradient(var(--accent)_0_4px,transparent_4px_8px)]',
  warn: 'bg-[repeating-linear-gradient(var(--warn)_0_4px,transparent_4px_8px)]',
  unknown: 'bg-[repeating-linear-gradient(var(--unknown)_0_4px,transparent_4px_8px)]',
} as const;

/**
 * How a step of the run looks.
 * @param over the run has ended: what waits will not start by itself
 */
export function nodeLook(step: TimelineStep, over: boolean): NodeLook {
  switch (step.state) {
    case 'waiting':
      return {
        icon: null,
        busy: false,
        mark: 'border-line-2 bg-surface text-text-3',
        line: 'bg-line-2',
        chip: { tone: 'dashed', word: over ? 'Not started' : waitingWord(step.position) },
        frame: undefined,
        open: false,
      };
    case 'running':
    case 'committing':
      return {
        icon: null,
        busy: true,
        mark: 'border-accent bg-accent-soft text-accent-text',
        line: DASHED.accent,
        chip: {
          tone: 'accent',
          busy: true,
          word: step.state === 'running' ? 'Running' : 'Committing',
        },
        frame: undefined,
        open: true,
      };
    case 'lock':
      return {
        icon: 'lock',
        busy: false,
        mark: 'border-warn bg-warn-soft text-warn-text',
        line: DASHED.warn,
        chip: { tone: 'warn', icon: 'lock', word: 'Waiting for a lock' },
        frame: 'warn',
        open: true,
      };
    case 'ready':
      return {
        icon: 'check',
        busy: false,
        mark: 'border-accent bg-accent-soft text-accent-text',
        line: DASHED.accent,
        chip: { tone: 'accent', icon: 'check', word: 'Ready, not committed' },
        frame: undefined,
        open: true,
      };
    case 'committed':
      return committedLook(step);
    case 'undone':
      return {
        icon: 'undo',
        busy: false,
        mark: 'border-warn bg-warn-soft text-warn-text',
        line: 'bg-line-2',
        chip: {
          tone: step.error && step.retryInMs === null ? 'danger' : 'warn',
          icon: 'undo',
          word: undoneWord(step),
        },
        frame: step.error && step.retryInMs === null ? 'danger' : 'warn',
        open: true,
      };
    case 'unknown':
      return {
        icon: 'unknown',
        busy: false,
        mark: 'border-unknown bg-unknown-soft text-unknown-text',
        line: DASHED.unknown,
        chip: { tone: 'unknown', word: 'Outcome unknown' },
        frame: 'unknown',
        open: true,
      };
  }
}

function undoneWord({ retryInMs, partsDone }: TimelineStep): string {
  const word = partsDone > 0 ? 'Stopped inside' : 'Rolled back';
  return retryInMs === null ? word : 'Rolled back, to be tried again';
}

const waitingWord = (position: number): string =>
  position === 0 ? 'Waiting for the checks' : `Waiting for step ${position}`;

function committedLook(step: TimelineStep): NodeLook {
  const { verification } = step;
  const base = { busy: false, line: 'bg-ok', open: true } as const;
  if (verification && !verification.ok) {
    return {
      ...base,
      icon: 'warn',
      mark: 'border-warn bg-warn-soft text-warn-text',
      chip: { tone: 'warn', word: 'Undone, not verified' },
      frame: 'warn',
    };
  }
  return {
    ...base,
    icon: 'check',
    mark: 'border-ok bg-ok text-on-ok',
    chip: verification
      ? { tone: 'ok', word: 'Undone and verified' }
      : { tone: 'ok', busy: true, word: 'Undone, comparing the schema' },
    frame: undefined,
  };
}
