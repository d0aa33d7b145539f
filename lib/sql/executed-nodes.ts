import type { Node } from 'libpg-query';
import type { PostgresParser } from './postgres-parser';
import { procedureCommands, routineCommands } from './routine-body';
import { walk } from './syntax-tree';

/** Something that a statement does when it runs, with the line it stands on. */
export type ExecutedNode =
  | { kind: string; node: Node; line: number }
  /** COMMIT or ROLLBACK of PL/pgSQL, which is no statement of SQL's grammar. */
  | { kind: 'plpgsql_commit' | 'plpgsql_rollback'; node: undefined; line: number }
  /** SQL that nobody can read before it runs: put together at run time, or in another language. */
  | { kind: 'opaque'; node: undefined; line: number };

/** These store statements without running them; what is inside is no effect of the script. */
const STORED = new Set([
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'RuleStmt',
  'ViewStmt',
  'CreatePolicyStmt',
]);

/**
 * Everything that runs when a statement runs: itself, data-modifying WITH queries, the statement that
 * EXPLAIN, PREPARE or CREATE TABLE AS carries, and the commands inside a DO block. Of CREATE PROCEDURE
 * only the transaction control, because a call inside our transaction would fail on it.
 *
 * @param text the statement's own text
 * @throws ParserOverflow
 */
export function* executedNodes(
  parser: PostgresParser,
  text: string,
  root: Node,
  line: number,
): Generator<ExecutedNode> {
  for (const { kind, node } of walk(root, (name) => !STORED.has(name))) {
    if (acts(kind)) yield { kind, node, line };
  }
  if ('DoStmt' in root) {
    for (const command of routineCommands(parser, text, root.DoStmt.args ?? [], line)) {
      if (command.node) {
        yield* executedNodes(parser, command.text, command.node, command.line);
      } else {
        yield command;
      }
    }
  }
  if ('CreateFunctionStmt' in root && root.CreateFunctionStmt.is_procedure) {
    const options = root.CreateFunctionStmt.options ?? [];
    yield* procedureCommands(parser, text, options, line);
  }
}

/** Constants and column names do nothing; of a large INSERT they are nearly all there is. */
function acts(kind: string): boolean {
  return kind.endsWith('Stmt') || kind === 'FuncCall' || kind === 'AlterTableCmd';
}
