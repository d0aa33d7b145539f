import type { DataLoss } from '@/lib/core/proof';
import type { RowsInput } from './captured-tables';
import { olderLosses } from './older-losses';
import { ownLosses } from './own-losses';
import { partsCompared } from './parts-compared';

export interface RowsVerdict {
  losesData: DataLoss;
  /** What is lost, as sentences; older data first. */
  notes: string[];
}

/**
 * What a round trip did to rows. `older`: rows or values that were there before the up are gone or
 * different after the down, whichever of the two scripts did it. `own`: only what came with the
 * migration goes again. What has another name in between and its old name back is no loss.
 */
export function compareRows(input: RowsInput): RowsVerdict {
  const older = olderLosses(input);
  const own = ownLosses(input);
  return {
    losesData: older.length > 0 ? 'older' : own.length > 0 ? 'own' : 'none',
    notes: [...older, ...own, ...partsCompared(input)],
  };
}
