import { Breakable } from '@/components/ui/breakable';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';
import { RESTORE_STEP_LABELS, type RestoreGate } from '@/lib/core/restore-gates';
import { STEP_LOOKS } from './restore-look';

/** The way through an emergency restore: a column on a wide screen, a strip on a narrow one. */
export function RestoreSteps({
  steps,
  current,
}: {
  steps: readonly RestoreGate[];
  current: string;
}) {
  return (
    <nav
      aria-label="Steps"
      className="border-line bg-surface px-6 py-3 max-lg:border-b max-md:px-4 lg:border-r lg:py-5 lg:pr-3 lg:pl-4"
    >
      <ol className="flex flex-col gap-1 max-lg:grid max-lg:grid-cols-3 max-lg:gap-2 lg:sticky lg:top-12">
        {steps.map((gate, index) => {
          const look = STEP_LOOKS[gate.state];
          return (
            <li
              key={gate.step}
              aria-current={gate.step === current ? 'step' : undefined}
              className={classNames(
                'flex gap-3 rounded-md lg:px-2 lg:pt-2 lg:pb-3',
                gate.step === current && 'lg:bg-accent-soft',
              )}
            >
              <span
                aria-hidden
                className={classNames(
                  'flex size-6 shrink-0 items-center justify-center rounded-full border-[1.5px] text-xs font-semibold',
                  marks[look.tone],
                )}
              >
                {look.busy ? (
                  <Spinner size={14} />
                ) : look.icon ? (
                  <Icon name={look.icon} size={14} />
                ) : (
                  index + 1
                )}
              </span>
              <span className="min-w-0">
                <span className="block text-sm leading-6 font-medium">
                  {RESTORE_STEP_LABELS[gate.step]}
                  <span className="sr-only">, {look.word}.</span>
                </span>
                <span className="block text-xs wrap-anywhere text-text-2 max-md:hidden">
                  <Breakable text={gate.summary} />
                </span>
              </span>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

const marks = {
  ok: 'border-ok bg-ok text-on-ok',
  warn: 'border-warn bg-warn-soft text-warn-text',
  danger: 'border-danger bg-danger-soft text-danger-text',
  info: 'border-info bg-info-soft text-info-text',
  unknown: 'border-unknown bg-unknown-soft text-unknown-text',
  accent: 'border-accent bg-surface text-accent-text',
  neutral: 'border-line-2 bg-surface text-text-3',
};
