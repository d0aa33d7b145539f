import { type RestoreWay, restoreDatabaseNames, restoreSchemaEndings } from '@/lib/core/restore';
import type { RestoreRoom } from '@/lib/core/restore-views';

/** What a restore makes, moves and keeps, in the words of its way. */
export interface WayWords {
  /** What is restored, and what is set aside. */
  thing: string;
  /** The button and the dialog that begin it. */
  start: string;
  /** After `This only makes `. */
  makes: string;
  draft: string;
  failed: string;
  unknown: string;
  dropFormer: string;
  /** Of what was done on the server. */
  acts: { restore: string; dropNew: string; dropFormer: string };
  lacks: string;
}

export const WAY_WORDS: Record<RestoreWay, WayWords> = {
  beside: {
    thing: 'database',
    start: 'Restore into new database',
    makes: 'a new database',
    draft: 'Next: restore it beside the present database.',
    failed: 'Not restored; the present database is untouched',
    unknown: 'It is not known which database has the name',
    dropFormer: 'Drop former database',
    acts: {
      restore: 'Into the new database',
      dropNew: 'Drop of the new database',
      dropFormer: 'Drop of the former database',
    },
    lacks: 'What the restored database lacks',
  },
  in_place: {
    thing: 'schemas',
    start: 'Restore into new schemas',
    makes: 'new schemas in the same database',
    draft: 'Next: restore it into schemas beside the present ones.',
    failed: 'Not restored; the present schemas are untouched',
    unknown: 'It is not known which schemas have the names',
    dropFormer: 'Drop former schemas',
    acts: {
      restore: 'Into new schemas',
      dropNew: 'Drop of the new schemas',
      dropFormer: 'Drop of the former schemas',
    },
    lacks: 'What the restored schemas lack',
  },
};

type Named = Pick<RestoreRoom, 'id' | 'way' | 'databases' | 'schemas'> & {
  backup: Pick<RestoreRoom['backup'], 'label'>;
};

export interface WayNames {
  /** What was restored, while it does not serve. */
  restored: string;
  /** What served before, once it is set aside. */
  former: string;
  /** What is typed before one of them is dropped. */
  typed: { restored: string; former: string };
}

/** Under which names the restored and the former state stand, or will. */
export function namesOf(room: Named): WayNames {
  const restore = { id: room.id, backupId: Number(room.backup.label.replace(/\D/g, '')) };
  if (room.way === 'in_place') {
    const typed = restoreSchemaEndings(restore);
    const list = (names: string[], ending: string) =>
      names.length === 0 ? `schemas that end in _${ending}` : listed(names);
    const schemas = room.schemas ?? [];
    return {
      restored: list(
        schemas.flatMap(({ newOid, restored }) => (newOid === null ? [] : restored)),
        typed.restored,
      ),
      former: list(
        schemas.flatMap(({ presentOid, former }) => (presentOid === null ? [] : former)),
        typed.former,
      ),
      typed,
    };
  }
  const planned = restoreDatabaseNames(room.databases.present, restore);
  const restored = room.databases.restored ?? planned.restored;
  const former = room.databases.former ?? planned.former;
  return { restored, former, typed: { restored, former } };
}

const MOST_NAMED = 3;

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  if (rest > 0) return `${names.slice(0, MOST_NAMED).join(', ')} and ${rest} more`;
  return new Intl.ListFormat('en-US', { type: 'conjunction' }).format(names);
}
