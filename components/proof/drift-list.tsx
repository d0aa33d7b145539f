'use client';

import { useState } from 'react';
import { countChanges, diffRows, groupChanges } from '@/components/room/schema-diff';
import { SchemaDiffLines } from '@/components/room/schema-diff-lines';
import { Button } from '@/components/ui/button';
import type { SchemaChange } from '@/lib/core/catalog';

export interface DriftListProps {
  /** `before` is what the files say, `after` what the database has. */
  changes: readonly SchemaChange[];
  /** Names the comparison. */
  label?: string;
}

/** More differences than a person compares by eye; the rest is one press away. */
const SHOWN_AT_FIRST = 150;

/** Live schema against the migration files, object by object, with what the three signs mean. */
export function DriftList({ changes, label = 'Files against database' }: DriftListProps) {
  const [all, setAll] = useState(false);
  const counts = countChanges(changes);
  const shown = all ? changes : firstGroups(changes, SHOWN_AT_FIRST);
  const rest = changes.length - shown.length;
  return (
    <>
      <p className="flex flex-wrap gap-x-4 gap-y-0.5 border-b border-line-soft px-4 py-2 text-xs text-text-2">
        <Sign glyph="−" colour="text-danger-text" count={counts.removed}>
          only in the files
        </Sign>
        <Sign glyph="+" colour="text-ok-text" count={counts.added}>
          only in the database
        </Sign>
        <Sign glyph="~" colour="text-warn-text" count={counts.changed}>
          different: files → database
        </Sign>
      </p>
      <SchemaDiffLines label={label} rows={diffRows(shown)} />
      {rest > 0 ? (
        <div className="border-t border-line-soft px-4 py-2">
          <Button variant="quiet" onClick={() => setAll(true)}>
            Show {rest.toLocaleString('en-US')} more
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** Whole objects until there are enough lines: half a table would look like a table of its own. */
export function firstGroups(changes: readonly SchemaChange[], most: number): SchemaChange[] {
  const shown: SchemaChange[] = [];
  for (const group of groupChanges(changes)) {
    if (shown.length >= most) break;
    shown.push(...group.changes);
  }
  return shown;
}

function Sign(props: { glyph: string; colour: string; count: number; children: string }) {
  return (
    <span className="whitespace-nowrap">
      <b aria-hidden className={`font-semibold ${props.colour}`}>
        {props.glyph}
      </b>{' '}
      <span className="tabular-nums">{props.count.toLocaleString('en-US')}</span> {props.children}
    </span>
  );
}
