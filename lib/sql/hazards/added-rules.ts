import type { ColumnDef, Constraint, Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import type { RelationNames, ResolvedName } from '../relation-names';
import { stringsOf } from '../syntax-tree';
import { rewritesOnAdd } from './new-column';
import { adds, buildsIndex, rewrites, SAFER_INDEX, SAFER_UNIQUE, SAFER_VALID, scans } from './work';

const NOT_NULL_SAFER =
  'Add CHECK (… IS NOT NULL) NOT VALID, validate it in a step of its own, then SET NOT NULL reads no row, and drop the check.';

/** NOT NULL on a column that has rows. */
export function addsNotNull(on: ResolvedName, column: string): Hazard[] {
  return [
    adds({
      code: 'adds_not_null',
      on,
      label: `Adds NOT NULL to ${column}`,
      detail: `A NULL that was written into ${on.short}.${column} since the migration makes the step fail.`,
      safer: NOT_NULL_SAFER,
    }),
    scans(on, 'SET NOT NULL', NOT_NULL_SAFER),
  ];
}

/** ALTER TABLE … ADD CONSTRAINT, or the same within the definition of a new column. */
export function addsConstraint(
  constraint: Constraint,
  on: ResolvedName,
  names: RelationNames,
  inlineColumn?: string,
): Hazard[] {
  const { contype, keys, fk_attrs: own, pktable, indexname, skip_validation: later } = constraint;
  const listed = stringsOf(contype === 'CONSTR_FOREIGN' ? own : keys);
  const columns = (inlineColumn === undefined ? listed : [inlineColumn]).map((one) =>
    names.quote(one),
  );
  const place = columns.length > 0 ? `${on.short} (${columns.join(', ')})` : on.short;
  switch (contype) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE': {
      if (indexname) return [];
      const word = contype === 'CONSTR_PRIMARY' ? 'a primary key' : 'a unique constraint';
      const nulls = contype === 'CONSTR_PRIMARY' ? ' or NULLs' : '';
      return [
        adds({
          code: 'adds_unique',
          on,
          label: `Adds ${word} to ${place}`,
          detail: `Duplicates${nulls} that were written since the migration make the step fail.`,
          safer: SAFER_UNIQUE,
        }),
        buildsIndex(on, SAFER_UNIQUE),
      ];
    }
    case 'CONSTR_EXCLUSION':
      return [
        adds({
          code: 'adds_unique',
          on,
          label: `Adds an exclusion constraint to ${on.short}`,
          detail:
            'Rows that exclude each other and were written since the migration make the step fail.',
          safer:
            'Look for such rows with a query first; there is no way to build it beside writers.',
        }),
        buildsIndex(on, 'Run it when little is written: it cannot be built concurrently.'),
      ];
    case 'CONSTR_FOREIGN': {
      const target = pktable ? names.ofRange(pktable).short : 'another table';
      const found = adds({
        code: 'adds_foreign_key',
        on,
        label: `Adds a foreign key from ${place} to ${target}`,
        detail: later
          ? `New rows of ${on.short} need their row in ${target} from then on; those that are there are not looked at.`
          : `A row of ${on.short} whose row in ${target} is missing makes the step fail.`,
        safer: later
          ? 'Run VALIDATE CONSTRAINT afterwards, in a step of its own.'
          : 'Add the foreign key NOT VALID, and run VALIDATE CONSTRAINT in a step of its own: that lets writers through.',
      });
      if (later) return [{ ...found, severity: 'warn' }];
      return [found, scans(on, 'The new foreign key', SAFER_VALID)];
    }
    case 'CONSTR_CHECK': {
      const found = adds({
        code: 'adds_check',
        on,
        label: `Adds a check to ${on.short}`,
        detail: later
          ? 'Rows that are written from then on have to meet it; those that are there are not looked at.'
          : 'A row that was written since the migration and does not meet it makes the step fail.',
        safer: later ? 'Run VALIDATE CONSTRAINT afterwards, in a step of its own.' : SAFER_VALID,
      });
      return later ? [found] : [found, scans(on, 'The new check', SAFER_VALID)];
    }
    case 'CONSTR_NOTNULL':
      return later || inlineColumn !== undefined ? [] : addsNotNull(on, columns.join(', '));
    default:
      return [];
  }
}

/** ADD COLUMN: what its definition asks of the rows that are there. */
export function addsColumn(column: ColumnDef, on: ResolvedName, names: RelationNames): Hazard[] {
  const { colname = '' } = column;
  const name = names.quote(colname);
  const inline = (column.constraints ?? []).flatMap((node: Node) =>
    'Constraint' in node ? [node.Constraint] : [],
  );
  const rewrite = rewritesOnAdd(column, inline);
  const filled =
    rewrite !== undefined || inline.some(({ contype }) => contype === 'CONSTR_DEFAULT');
  const required = inline.some(
    ({ contype }) => contype === 'CONSTR_NOTNULL' || contype === 'CONSTR_PRIMARY',
  );
  const found = inline.flatMap((one) => addsConstraint(one, on, names, colname));
  if (rewrite) {
    found.push(
      rewrites(
        on,
        rewrite,
        'Add the column without it, set the default for new rows, and fill the old ones in batches.',
      ),
    );
  }
  if (required && !filled) {
    found.push(
      adds({
        code: 'adds_not_null',
        on,
        label: `Adds ${name} as NOT NULL without a default`,
        detail: `The step fails as soon as ${on.short} has a single row, because there is no value for it.`,
        safer: 'Give a DEFAULT, or add the column as nullable, fill it, and set NOT NULL last.',
      }),
    );
  }
  return found;
}

/** CREATE INDEX on a table that others use. */
export function addsIndex(
  index: { unique: boolean; concurrent: boolean; columns: readonly string[] },
  on: ResolvedName,
): Hazard[] {
  const { unique, concurrent, columns } = index;
  const safer = unique ? SAFER_UNIQUE : SAFER_INDEX;
  const found: Hazard[] = [];
  if (unique) {
    const place = columns.length > 0 ? `${on.short} (${columns.join(', ')})` : on.short;
    found.push(
      adds({
        code: 'adds_unique',
        on,
        label: `Adds a unique index to ${place}`,
        detail: concurrent
          ? 'Duplicates that were written since the migration make it fail and leave an index behind that is not valid.'
          : 'Duplicates that were written since the migration make the step fail.',
        safer,
      }),
    );
  }
  if (!concurrent) found.push(buildsIndex(on, safer));
  return found;
}
