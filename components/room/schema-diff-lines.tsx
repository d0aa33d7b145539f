'use client';

import { DiffLines, type DiffRow } from '@/components/ui/diff-lines';

/** A schema comparison. Long lines scroll, so the count stands beside the name and not at their end. */
export function SchemaDiffLines({ label, rows }: { label: string; rows: readonly DiffRow[] }) {
  return (
    <DiffLines
      label={label}
      rows={rows.map((row) =>
        row.type === 'heading'
          ? {
              ...row,
              title: (
                <>
                  {row.title} <span className="pl-3 font-sans text-xs">{row.detail}</span>
                </>
              ),
              detail: undefined,
            }
          : row,
      )}
    />
  );
}
