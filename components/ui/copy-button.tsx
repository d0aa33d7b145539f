'use client';

import { useEffect, useRef, useState } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { writeClipboard } from '@/components/ui/write-clipboard';

export interface CopyButtonProps {
  text: string;
  /** What is copied, for example 'plan digest': read as 'Copy plan digest'. */
  what: string;
  /** Shows this word beside the icon, for example 'Copy'. Without it the icon stands alone. */
  word?: string;
  className?: string;
}

/** How long the answer stays before the button offers to copy again. */
const answerMs = 2_000;

/** Copies text and says whether it worked. */
export function CopyButton({ text, what, word, className }: CopyButtonProps) {
  const [answer, setAnswer] = useState<'copied' | 'failed' | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  async function copy() {
    const worked = await writeClipboard(text);
    setAnswer(worked ? 'copied' : 'failed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAnswer(null), answerMs);
  }

  const shownWord = answer === 'copied' ? 'Copied' : answer === 'failed' ? 'Not copied' : word;
  return (
    <>
      <button
        type="button"
        onClick={copy}
        aria-label={`Copy ${what}`}
        title={`Copy ${what}`}
        className={classNames(
          // A finger may miss it by 8 px.
          'relative inline-flex h-6 shrink-0 items-center justify-center rounded-md align-middle hover:bg-sunken hover:text-text max-md:after:absolute max-md:after:-inset-2',
          word ? 'gap-1.5 px-2 text-xs font-medium text-text-2' : 'w-6 text-text-3',
          className,
        )}
      >
        <Icon
          name={answer === 'copied' ? 'check' : answer === 'failed' ? 'x' : 'copy'}
          size={14}
          className={
            answer === 'copied'
              ? 'text-ok-text'
              : answer === 'failed'
                ? 'text-danger-text'
                : undefined
          }
        />
        {word ? <span aria-hidden>{shownWord}</span> : null}
      </button>
      <span role="status" className="sr-only">
        {answer === 'copied' ? `Copied ${what}` : ''}
        {answer === 'failed'
          ? `The browser did not allow copying. Select the ${what} and copy it.`
          : ''}
      </span>
    </>
  );
}
