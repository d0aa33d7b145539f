import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { Spinner } from '@/components/ui/spinner';

/** What stands before a line: how far what it is about has come. */
export type Mark = 'done' | 'running' | 'lock' | 'waiting' | 'failed' | 'warn' | 'unknown' | 'note';

const LOOK: Record<
  Exclude<Mark, 'running' | 'lock'>,
  [icon: IconName, colour: string, word: string]
> = {
  done: ['check', 'text-ok-text', 'done'],
  waiting: ['pending', 'text-text-3', 'not started'],
  failed: ['x', 'text-danger-text', 'failed'],
  warn: ['warn', 'text-warn-text', 'different'],
  unknown: ['unknown', 'text-unknown-text', 'unknown'],
  note: ['info', 'text-info-text', 'note'],
};

export interface StepEventRowProps {
  mark: Mark;
  text: ReactNode;
  code?: boolean;
  active?: boolean;
  meta?: ReactNode;
  time?: ReactNode;
  below?: ReactNode;
  /** What the mark says, where its own word would be wrong. */
  word?: string;
}

/** One line of what happened inside a step. */
export function StepEventRow(props: StepEventRowProps) {
  const { mark, text, code = false, active = false, meta, time, below, word } = props;
  return (
    <li
      className={classNames(
        'px-4 py-0.5 text-xs max-md:px-3',
        active && (mark === 'lock' ? 'bg-warn-soft' : 'bg-accent-soft'),
      )}
    >
      <div className="grid min-h-[26px] grid-cols-[14px_minmax(0,1fr)_auto_64px] items-center gap-2.5 max-md:grid-cols-[14px_minmax(0,1fr)_56px]">
        <RowMark mark={mark} word={word} />
        {code ? (
          <code
            className={classNames(
              'text-xs leading-5',
              // On a phone a long one would push what stands in its way out of sight.
              active
                ? 'wrap-anywhere whitespace-pre-wrap max-md:line-clamp-5'
                : 'truncate max-md:line-clamp-2 max-md:wrap-anywhere max-md:whitespace-normal',
              mark === 'waiting' && 'text-text-3 [&_*]:text-text-3',
            )}
          >
            {text}
          </code>
        ) : (
          <span
            className={classNames(
              'min-w-0 leading-5 wrap-anywhere',
              mark === 'waiting' && 'text-text-3',
            )}
          >
            {text}
          </span>
        )}
        <span className="whitespace-nowrap text-text-3 tabular-nums max-md:hidden">{meta}</span>
        <span className="text-right text-text-2 tabular-nums">{time}</span>
      </div>
      {below ? <div className="pb-1.5 pl-6 text-danger-text">{below}</div> : null}
    </li>
  );
}

function RowMark({ mark, word }: Pick<StepEventRowProps, 'mark' | 'word'>) {
  if (mark === 'running' || mark === 'lock') {
    return (
      <span className={mark === 'lock' ? 'text-warn-text' : 'text-accent-text'}>
        <Spinner size={14} />
        <span className="sr-only">{mark === 'lock' ? 'waiting for a lock: ' : 'running: '}</span>
      </span>
    );
  }
  const [icon, colour, own] = LOOK[mark];
  return (
    <span className={colour}>
      <Icon name={icon} size={14} />
      <span className="sr-only">{word ?? own}: </span>
    </span>
  );
}
