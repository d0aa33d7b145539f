'use client';

import type { MouseEvent } from 'react';
import { classNames } from '@/components/ui/class-names';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Icon } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { type Gate, ROOM_STEP_LABELS, type RoomStep } from '@/lib/core/gates';
import type { RollbackRoom } from '@/lib/core/views';
import { useRoomNow } from './room-clock';
import { type StepLook, stepLook, workingSince } from './step-look';

export interface StepsNavProps {
  room: RollbackRoom;
  viewed: RoomStep;
  waitsForLock: boolean;
  onChoose: (step: RoomStep) => void;
}

/** The way through: a column on a wide screen, a bar of six on a narrow one. */
export function StepsNav({ room, viewed, waitsForLock, onChoose }: StepsNavProps) {
  const { steps } = room.gates;
  const number = steps.findIndex((gate) => gate.step === viewed) + 1;

  function choose(event: MouseEvent<HTMLAnchorElement>, step: RoomStep) {
    // A new tab or window is the browser's own business.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onChoose(step);
  }

  return (
    <nav
      aria-label="Steps"
      className="border-line bg-surface max-lg:border-b max-lg:px-6 max-lg:pt-2.5 max-lg:pb-1 max-md:px-4 max-md:pb-0 lg:border-r"
    >
      <p aria-hidden className="flex items-center justify-between text-sm lg:hidden">
        <span className="font-semibold">
          Step {number} of {steps.length}, {ROOM_STEP_LABELS[viewed]}
        </span>
        <span className="inline-flex items-center gap-1 text-xs text-text-2">
          {room.plan.from.number} <Icon name="arrowRight" size={12} /> {room.plan.to.number}
        </span>
      </p>
      <ol className="max-lg:grid max-lg:grid-cols-6 max-lg:gap-1 lg:sticky lg:top-12 lg:py-5 lg:pr-3 lg:pl-4">
        {steps.map((gate, index) => (
          <Step
            key={gate.step}
            gate={gate}
            number={index + 1}
            look={stepLook(gate, room.status, waitsForLock)}
            since={workingSince(gate, room)}
            viewed={gate.step === viewed}
            last={index === steps.length - 1}
            onClick={(event) => choose(event, gate.step)}
          />
        ))}
      </ol>
    </nav>
  );
}

interface StepProps {
  gate: Gate;
  number: number;
  look: StepLook;
  /** For the clock beside what is under way. */
  since: string | null;
  viewed: boolean;
  last: boolean;
  onClick: (event: MouseEvent<HTMLAnchorElement>) => void;
}

function Step({ gate, number, look, since, viewed, last, onClick }: StepProps) {
  const strong = viewed || look.tone === 'ok' || look.tone === 'warn' || look.tone === 'danger';
  return (
    <li className="relative">
      {last ? null : (
        <span
          aria-hidden
          className={classNames(
            'absolute top-[34px] -bottom-2 left-[19px] z-1 w-0.5 max-lg:hidden',
            line[look.tone],
          )}
        />
      )}
      <a
        href={`?step=${gate.step}`}
        aria-current={viewed ? 'step' : undefined}
        onClick={onClick}
        className={classNames(
          'block no-underline max-lg:flex max-lg:h-7 max-lg:items-center max-md:h-10 lg:relative lg:flex lg:gap-3 lg:rounded-md lg:px-2 lg:pt-2 lg:pb-3',
          viewed ? viewedBox[look.tone] : 'lg:hover:bg-hover',
        )}
      >
        <span
          aria-hidden
          className={classNames(
            'h-1 w-full rounded-full lg:hidden',
            bar[look.tone],
            viewed && 'outline-2 outline-offset-2 outline-accent',
          )}
        />
        <span
          aria-hidden
          className={classNames(
            'relative z-2 flex size-6 shrink-0 items-center justify-center rounded-full border-[1.5px] text-xs font-semibold max-lg:hidden',
            viewed ? viewedMark[look.tone] : mark[look.tone],
          )}
        >
          {look.busy ? (
            <Spinner size={14} />
          ) : look.icon ? (
            <Icon name={look.icon} size={14} />
          ) : (
            number
          )}
        </span>
        <span className="max-lg:sr-only">
          <span
            className={classNames(
              'block text-sm leading-6',
              viewed ? 'font-semibold' : 'font-medium',
              strong ? 'text-text' : 'text-text-2',
            )}
          >
            {ROOM_STEP_LABELS[gate.step]}
            <span className="sr-only">, {look.word}. </span>
          </span>
          <span className={classNames('block text-xs', summary(look.tone, viewed))}>
            {gate.summary}
            {since === null ? null : <Lasting since={since} />}
          </span>
        </span>
      </a>
    </li>
  );
}

/** In the picture alone: a name that changes each second would be read out each second. */
function Lasting({ since }: { since: string }) {
  const now = useRoomNow(1_000);
  return (
    <span aria-hidden className="whitespace-nowrap tabular-nums">
      {' · '}
      {formatCoarseDuration(now - Date.parse(since))}
    </span>
  );
}

type LookTone = StepLook['tone'];

const line: Record<LookTone, string> = {
  ok: 'bg-ok',
  warn: 'bg-warn',
  danger: 'bg-line',
  info: 'bg-line',
  unknown: 'bg-line',
  accent: 'bg-line',
  neutral: 'bg-line',
};

const bar: Record<LookTone, string> = {
  ok: 'bg-ok',
  warn: 'bg-warn',
  danger: 'bg-danger',
  info: 'bg-info',
  unknown: 'bg-unknown',
  accent: 'bg-accent',
  neutral: 'bg-line',
};

const mark: Record<LookTone, string> = {
  ok: 'border-ok bg-ok text-on-ok',
  warn: 'border-warn bg-warn-soft text-warn-text',
  danger: 'border-danger bg-danger-soft text-danger-text',
  info: 'border-info bg-info-soft text-info-text',
  unknown: 'border-unknown bg-unknown-soft text-unknown-text',
  accent: 'border-accent bg-surface text-accent-text',
  neutral: 'border-line-2 bg-surface text-text-3',
};

const viewedMark: Record<LookTone, string> = {
  ok: 'border-accent bg-accent text-on-accent',
  accent: 'border-accent bg-accent text-on-accent',
  neutral: 'border-accent bg-accent text-on-accent',
  warn: 'border-warn-text bg-warn-text text-surface',
  danger: 'border-danger-text bg-danger-text text-surface',
  info: 'border-accent bg-accent text-on-accent',
  unknown: 'border-unknown-text bg-unknown-text text-surface',
};

const viewedBox: Record<LookTone, string> = {
  ok: 'lg:bg-accent-soft',
  accent: 'lg:bg-accent-soft',
  neutral: 'lg:bg-accent-soft',
  info: 'lg:bg-accent-soft',
  warn: 'lg:bg-warn-soft',
  danger: 'lg:bg-danger-soft',
  unknown: 'lg:bg-unknown-soft',
};

function summary(tone: LookTone, viewed: boolean): string {
  if (tone === 'warn') return 'font-medium text-warn-text';
  if (tone === 'danger') return 'font-medium text-danger-text';
  if (tone === 'unknown') return 'font-medium text-unknown-text';
  return viewed ? 'text-text-2' : 'text-text-3';
}
