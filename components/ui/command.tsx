import { classNames } from '@/components/ui/class-names';
import { CopyButton } from '@/components/ui/copy-button';
import { SqlText } from '@/components/ui/sql-text';
import { linesText, plainLines, type SqlLine } from '@/components/ui/sql-tokens';

export interface CommandProps {
  /** The command, as it is copied. */
  text: string;
  /** The same text in colour. */
  lines?: readonly SqlLine[];
  /** What it is typed after. Default '$' for a shell; '=#' for psql. */
  prompt?: '$' | '=#';
  /** What is copied. Default 'command'. */
  what?: string;
  className?: string;
}

/** A command to type somewhere else. Long ones wrap; the prompt is not part of what is copied. */
export function Command({ text, lines, prompt = '$', what = 'command', className }: CommandProps) {
  const shown = lines && linesText(lines) === text ? lines : plainLines(text);
  return (
    <div
      className={classNames(
        'flex min-h-9 min-w-0 items-start gap-2 rounded-md border border-line bg-raised py-[5px] pr-1 pl-3 font-mono text-code',
        className,
      )}
    >
      <span aria-hidden className="shrink-0 py-0.5 text-text-3 select-none">
        {prompt}
      </span>
      <code className="min-w-0 flex-1 py-0.5 text-code whitespace-pre-wrap wrap-anywhere">
        {shown.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <span key={index}>
            {index > 0 ? '\n' : null}
            <SqlText line={line} />
          </span>
        ))}
      </code>
      <CopyButton text={text} what={what} word="Copy" className="font-sans tracking-[-0.006em]" />
    </div>
  );
}
