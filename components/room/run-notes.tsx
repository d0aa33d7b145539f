'use client';

import { Panel, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import type { Timeline } from '@/lib/core/timeline';

/** What people did to the run, and what was found out about it. */
export function RunNotes({ notes }: { notes: Timeline['notes'] }) {
  if (notes.length === 0) return null;
  return (
    <Panel aria-labelledby="run-notes">
      <PanelHeader title="Notes on the run" titleId="run-notes" />
      <ul className="text-sm">
        {notes.map((note) => (
          <li
            key={`${note.at} ${note.text}`}
            className="flex flex-wrap gap-x-3 border-b border-line-soft px-4 py-2 last:border-b-0"
          >
            <span className="min-w-0 flex-1 basis-48">{note.text}</span>
            <span className="text-xs leading-5 text-text-3">
              <Time value={note.at} dot />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
