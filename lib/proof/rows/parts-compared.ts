import { CAPTURE_LIMIT } from './capture-rows';
import { isCut, type RowsInput } from './captured-tables';
import { countOf } from './loss-words';

/** Tells of which tables only a part was compared. */
export function partsCompared({ before }: RowsInput): string[] {
  return before.tables
    .filter(isCut)
    .map(
      ({ name, total }) =>
        `${name}: ${CAPTURE_LIMIT.toLocaleString('en')} of ${countOf(total, 'row')} were compared, those with the lowest keys`,
    );
}
