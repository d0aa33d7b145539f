import { Fragment, type ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { ScrollRegion } from '@/components/ui/scroll-region';
import { SqlText } from '@/components/ui/sql-text';
import type { SqlLine } from '@/components/ui/sql-tokens';

export interface CodeBlockProps {
  /** Names the code, for example 'Rollback of 0043'. */
  label: string;
  lines: readonly SqlLine[];
  /** The number of the first line. Default 1. `null`: no numbers. */
  firstLine?: number | null;
  /** The line the error is on, as numbered. */
  errorLine?: number;
  /** What the error says, below that line. */
  errorText?: ReactNode;
  /** Below a line, as numbered: chips about the statement that ends there. */
  notes?: Readonly<Record<number, ReactNode>>;
  /** Long lines wrap instead of scrolling: 'phone' only on a narrow screen. Default 'phone'. */
  wrap?: 'always' | 'phone' | 'never';
  className?: string;
}

const wrapClass: Record<NonNullable<CodeBlockProps['wrap']>, string> = {
  always: 'whitespace-pre-wrap wrap-anywhere',
  phone: 'whitespace-pre max-md:whitespace-pre-wrap max-md:wrap-anywhere',
  never: 'whitespace-pre',
};

/** Code with line numbers. Numbers are not copied, and a long line can be scrolled to by keyboard. */
export function CodeBlock({
  label,
  lines,
  firstLine = 1,
  errorLine,
  errorText,
  notes,
  wrap = 'phone',
  className,
}: CodeBlockProps) {
  const start = firstLine ?? 1;
  return (
    <ScrollRegion label={label} className={className}>
      <div
        className={classNames(
          'py-2 font-mono text-code [tab-size:2]',
          wrap !== 'always' && 'w-max min-w-full max-md:w-auto',
        )}
      >
        {lines.map((line, index) => {
          const number = start + index;
          const failed = number === errorLine;
          const note = notes?.[number];
          return (
            <Fragment key={number}>
              <div className={classNames('flex pr-4', failed && 'bg-del-bg')}>
                {firstLine === null ? (
                  <span className="w-4 shrink-0" />
                ) : (
                  <LineNumber number={number} failed={failed} />
                )}
                <code className={classNames('min-w-0 flex-1 text-code', wrapClass[wrap])}>
                  <SqlText line={line} />
                  {line.length === 0 ? '\u200b' : null}
                </code>
              </div>
              {failed && errorText ? (
                <div className="flex items-start gap-2 bg-del-bg pt-1 pr-4 pb-2 pl-11 font-sans text-xs text-danger-text">
                  <Icon name="danger" size={14} className="mt-px" />
                  <span>{errorText}</span>
                </div>
              ) : null}
              {note ? (
                <div className="flex flex-wrap gap-1.5 pt-1 pr-4 pb-2 pl-11 font-sans text-xs tracking-[-0.006em]">
                  {note}
                </div>
              ) : null}
            </Fragment>
          );
        })}
      </div>
    </ScrollRegion>
  );
}

function LineNumber({ number, failed }: { number: number; failed: boolean }) {
  return (
    <span
      className={classNames(
        'w-11 shrink-0 pr-3.5 text-right tabular-nums select-none',
        failed ? 'font-semibold text-danger-text' : 'text-text-3',
      )}
    >
      {failed ? <span className="sr-only">Error on line </span> : null}
      {number}
    </span>
  );
}
