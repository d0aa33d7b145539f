import type { Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';
import type { RelationNames } from '../relation-names';
import { stringOf, stringsOf, walk } from '../syntax-tree';
import { baseOf, inferType, saysItsZone } from '../types/time-expression';
import type { HazardContext } from './context';
import { retypesOf } from './retype';

const SAFER =
  "Say the zone and the form: to_char(… AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), or begin the script with SET LOCAL TIME ZONE 'UTC'.";

const TEXTS = new Set(['text', 'varchar', 'bpchar', 'citext']);
const LOCAL = new Set(['timestamp', 'date', 'time']);

/**
 * Times that are printed or read by the session's TimeZone: the same script gives other values on a
 * server, or for a role, with another setting.
 */
export function sessionHazards(node: Node, names: RelationNames, context: HazardContext): Hazard[] {
  if (context.zoneIsSet) return [];
  const relation = relationOf(node, names);
  const lookup = (column: string) =>
    relation === undefined ? undefined : context.columnType(relation, column);
  if (!isCommand(node)) return [];
  const found = new Set<string>();
  const retyped = retypedBySession(node, names, context);
  if (retyped) found.add(retyped);
  else {
    for (const { node: inner } of walk(node, (kind) => !STORED.has(kind))) {
      const what = conversion(inner, lookup);
      if (what) found.add(what);
    }
  }
  return [...found].map((what) => ({
    code: 'depends_on_session',
    severity: 'warn',
    label: `Depends on the session: ${what}`,
    ...(relation !== undefined && { relation }),
    detail: `${what} come out by the session’s time zone or format, so that another server or role gets other ones.`,
    safer: SAFER,
  }));
}

const MAX_NAMED = 3;

/** The casts in USING are those of the new type; one hazard tells of both. */
function retypedBySession(
  node: Node,
  names: RelationNames,
  context: HazardContext,
): string | undefined {
  if (!('AlterTableStmt' in node)) return undefined;
  const columns = retypesOf(node.AlterTableStmt, names, context)
    .filter(({ change }) => change.bySession)
    .map(({ column }) => names.quote(column));
  if (columns.length === 0) return undefined;
  const more = columns.length - MAX_NAMED;
  const listed = columns.slice(0, MAX_NAMED).join(', ');
  return `The new values of ${listed}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What these hold is stored, and runs in sessions of later. */
const STORED = new Set(['CreateFunctionStmt', 'ViewStmt', 'RuleStmt', 'CreatePolicyStmt']);

/** Parts of a statement come up on their own as well; the statement has already been looked through. */
function isCommand(node: Node): boolean {
  return !('FuncCall' in node) && !('AlterTableCmd' in node) && !('DoStmt' in node);
}

function relationOf(node: Node, names: RelationNames): string | undefined {
  const range =
    'AlterTableStmt' in node
      ? node.AlterTableStmt.relation
      : 'UpdateStmt' in node
        ? node.UpdateStmt.relation
        : 'InsertStmt' in node
          ? node.InsertStmt.relation
          : undefined;
  return range && names.ofRange(range).qualified;
}

function conversion(
  node: Node,
  lookup: (column: string) => string | undefined,
): string | undefined {
  if ('FuncCall' in node && stringsOf(node.FuncCall.funcname).at(-1) === 'to_char') {
    const [value] = node.FuncCall.args ?? [];
    return inferType(value, lookup) === 'timestamptz' ? 'Times printed by to_char' : undefined;
  }
  if (!('TypeCast' in node)) return undefined;
  const { arg, typeName } = node.TypeCast;
  const to = baseOf(typeName) ?? '';
  const from = inferType(arg, lookup);
  if (from === 'timestamptz' && TEXTS.has(to)) return 'Times printed as text';
  if (from === 'timestamptz' && LOCAL.has(to)) return 'Times cut to local ones';
  if (to !== 'timestamptz') return undefined;
  if (from === 'literal') {
    return saysItsZone(stringOf(arg) ?? '') ? undefined : 'Times written without a zone';
  }
  if (from !== undefined && (TEXTS.has(from) || LOCAL.has(from)))
    return 'Times read without a zone';
  return undefined;
}
