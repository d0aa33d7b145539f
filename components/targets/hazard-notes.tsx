import type { ReactNode } from 'react';
import { HazardChips } from '@/components/room/hazard-chips';
import type { MigrationPage } from '@/lib/core/views';

/** What each statement endangers, by the line under which it is told. */
export function hazardNotes({
  statements,
  refusals,
}: NonNullable<MigrationPage['rollback']>): Record<number, ReactNode> {
  const notes: Record<number, ReactNode> = {};
  for (const { text, line, hazards } of statements) {
    if (hazards.length === 0) continue;
    const last = line + text.split('\n').length - 1;
    notes[last] = (
      <>
        {notes[last]}
        <HazardChips hazards={hazards} />
      </>
    );
  }
  for (const { line = 1, message } of refusals) {
    notes[line] = (
      <>
        {notes[line]}
        <p className="text-sm text-danger-text">{message}</p>
      </>
    );
  }
  return notes;
}
