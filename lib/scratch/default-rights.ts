import pg from 'pg';
import type { DefaultRight } from './live-surroundings';

/** `defaclobjtype` in SQL. */
const OBJECTS: Record<string, string> = {
  r: 'TABLES',
  S: 'SEQUENCES',
  f: 'FUNCTIONS',
  T: 'TYPES',
  n: 'SCHEMAS',
  L: 'LARGE OBJECTS',
};

/**
 * The statements that give a copy the default rights of the live database. Those of the database's
 * owner become those of the role that makes the copy, which owns it: the scripts act as that role.
 * @param self the role that makes the copy
 */
export function defaultRightsSql(rights: readonly DefaultRight[], self: string): string[] {
  const statements: string[] = [];
  const begun = new Set<string>();
  for (const right of rights) {
    const objects = OBJECTS[right.type];
    if (objects === undefined) continue;
    const role = pg.escapeIdentifier(right.ofDatabaseOwner ? self : right.role);
    const inSchema = right.schema === null ? '' : ` IN SCHEMA ${pg.escapeIdentifier(right.schema)}`;
    const alter = `ALTER DEFAULT PRIVILEGES FOR ROLE ${role}${inSchema}`;
    if (!begun.has(`${alter} ${objects}`)) {
      begun.add(`${alter} ${objects}`);
      // Those of a schema add to what there is; the others take its place.
      if (right.schema === null) {
        statements.push(`${alter} REVOKE ALL ON ${objects} FROM PUBLIC, ${role}`);
      }
    }
    if (right.privilege === null) continue;
    const grantee = granteeOf(right, role);
    const option = right.grantable ? ' WITH GRANT OPTION' : '';
    statements.push(`${alter} GRANT ${right.privilege} ON ${objects} TO ${grantee}${option}`);
  }
  return statements;
}

function granteeOf({ grantee, toItself }: DefaultRight, role: string): string {
  if (grantee === null) return 'PUBLIC';
  return toItself ? role : pg.escapeIdentifier(grantee);
}
