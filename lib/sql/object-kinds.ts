/** ObjectType names of the grammar, as DROP and ALTER use them. */

/** What has rows or looks as if. */
export const RELATIONS: ReadonlySet<string> = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
]);

/** Named within a table: in `[schema, table, name]` the last part is their own. */
export const ON_A_TABLE: ReadonlySet<string> = new Set([
  'OBJECT_TRIGGER',
  'OBJECT_RULE',
  'OBJECT_POLICY',
]);
