import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { ScrollRegion } from '@/components/ui/scroll-region';
import { SqlText } from '@/components/ui/sql-text';
import type { SqlLine } from '@/components/ui/sql-tokens';

export type DiffKind = 'add' | 'remove' | 'change' | 'same';

export type DiffRow =
  | { type: 'heading'; id: string; title: ReactNode; detail?: ReactNode }
  | {
      type: 'line';
      id: string;
      kind: DiffKind;
      line: SqlLine;
      number?: number;
      /** At the end of the line, for example how many values go with it. */
      note?: ReactNode;
    };

export interface DiffLinesProps {
  /** Names the comparison, for example 'Schema before and after 0042'. */
  label: string;
  rows: readonly DiffRow[];
  className?: string;
}

const glyph: Record<DiffKind, string> = { add: '+', remove: '−', change: '~', same: '' };

/** Said before the line, for people who neither see the glyph nor the colour. */
const spoken: Record<DiffKind, string> = {
  add: 'Added: ',
  remove: 'Removed: ',
  change: 'Changed: ',
  same: '',
};

const background: Record<DiffKind, string> = {
  add: 'bg-add-bg',
  remove: 'bg-del-bg',
  change: 'bg-chg-bg',
  same: '',
};

const glyphColour: Record<DiffKind, string> = {
  add: 'text-ok-text',
  remove: 'text-danger-text',
  change: 'text-warn-text',
  same: '',
};

/** What is added, removed and changed, line by line: glyph, colour and a word for each. */
export function DiffLines({ label, rows, className }: DiffLinesProps) {
  return (
    <ScrollRegion label={label} className={className}>
      <div className="w-max min-w-full py-2 font-mono text-code">
        {rows.map((row) =>
          row.type === 'heading' ? (
            <div
              key={row.id}
              className="flex items-baseline justify-between gap-6 pr-4 pl-11 text-text-2 not-first:mt-1.5"
            >
              <span>{row.title}</span>
              <span className="font-sans text-xs">{row.detail}</span>
            </div>
          ) : (
            <div key={row.id} className={classNames('flex pr-4', background[row.kind])}>
              <span className="w-11 shrink-0 pr-3.5 text-right text-text-3 tabular-nums select-none">
                {row.number}
              </span>
              <span
                aria-hidden
                className={classNames('w-6 shrink-0 font-semibold', glyphColour[row.kind])}
              >
                {glyph[row.kind]}
              </span>
              <code className="flex-1 text-code whitespace-pre">
                {spoken[row.kind] ? <span className="sr-only">{spoken[row.kind]}</span> : null}
                <SqlText line={row.line} />
              </code>
              {row.note ? (
                <span className="pl-6 font-sans text-xs leading-5 text-text-2">{row.note}</span>
              ) : null}
            </div>
          ),
        )}
      </div>
    </ScrollRegion>
  );
}
