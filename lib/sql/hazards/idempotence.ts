import type { AlterTableStmt, Node } from 'libpg-query';
import type { Hazard } from '@/lib/core/statement';

/**
 * A statement that fails when it is run a second time, although SQL has words to prevent it. Kinds that
 * have no such words (CREATE TYPE, ADD CONSTRAINT) are left out: there is nothing to write instead.
 */
export function idempotenceHazards(node: Node): Hazard[] {
  const words = missingWords(node);
  if (!words) return [];
  return [
    {
      code: 'not_idempotent',
      severity: 'info',
      label: `Without ${words}`,
      detail: 'Run a second time, the statement fails where the first run has been through.',
      safer: `Write ${words}.`,
    },
  ];
}

const IF_EXISTS = 'IF EXISTS';
const IF_NOT_EXISTS = 'IF NOT EXISTS';
const OR_REPLACE = 'OR REPLACE';

function missingWords(node: Node): string | undefined {
  if ('DropStmt' in node) return node.DropStmt.missing_ok ? undefined : IF_EXISTS;
  if ('AlterTableStmt' in node) return inAlterTable(node.AlterTableStmt);
  if ('CreateStmt' in node) return node.CreateStmt.if_not_exists ? undefined : IF_NOT_EXISTS;
  if ('IndexStmt' in node) return node.IndexStmt.if_not_exists ? undefined : IF_NOT_EXISTS;
  if ('CreateSeqStmt' in node) return node.CreateSeqStmt.if_not_exists ? undefined : IF_NOT_EXISTS;
  if ('CreateSchemaStmt' in node) {
    return node.CreateSchemaStmt.if_not_exists ? undefined : IF_NOT_EXISTS;
  }
  if ('CreateExtensionStmt' in node) {
    return node.CreateExtensionStmt.if_not_exists ? undefined : IF_NOT_EXISTS;
  }
  if ('CreateTableAsStmt' in node) {
    return node.CreateTableAsStmt.if_not_exists ? undefined : IF_NOT_EXISTS;
  }
  if ('AlterEnumStmt' in node && !node.AlterEnumStmt.oldVal) {
    return node.AlterEnumStmt.skipIfNewValExists ? undefined : IF_NOT_EXISTS;
  }
  if ('ViewStmt' in node) return node.ViewStmt.replace ? undefined : OR_REPLACE;
  if ('CreateFunctionStmt' in node) return node.CreateFunctionStmt.replace ? undefined : OR_REPLACE;
  if ('RuleStmt' in node) return node.RuleStmt.replace ? undefined : OR_REPLACE;
  return undefined;
}

function inAlterTable(statement: AlterTableStmt): string | undefined {
  for (const node of statement.cmds ?? []) {
    if (!('AlterTableCmd' in node)) continue;
    const { subtype, missing_ok: tolerant } = node.AlterTableCmd;
    if (tolerant) continue;
    if (subtype === 'AT_DropColumn' || subtype === 'AT_DropConstraint') return IF_EXISTS;
    if (subtype === 'AT_AddColumn') return IF_NOT_EXISTS;
  }
  return undefined;
}
