import type { Node } from 'libpg-query';
import type { PostgresParser } from '@/lib/sql/postgres-parser';
import { routineCommands } from '@/lib/sql/routine-body';
import { stringsOf, walk } from '@/lib/sql/syntax-tree';

/** One command that a statement of a script runs. */
export interface Command {
  node: Node;
  /** Its own text; of a command inside another one, the text around it. */
  text: string;
  /** It stands in a code block: variables may be in it, and it may run often or never. */
  inBlock: boolean;
  /** It stands inside of another command, as in WITH. */
  nested: boolean;
}

/** Everything that a statement is known to run, and whether there is more that can't be read. */
export interface Commands {
  commands: Command[];
  opaque: boolean;
  /** Names of functions that it calls for their effects. */
  calls: string[];
}

/**
 * What a statement runs: itself, statements inside of it, and those in the body of a DO block.
 * @throws ParserOverflow
 */
export function commandsOf(parser: PostgresParser, text: string, node: Node): Commands {
  if (!('DoStmt' in node)) return commandsIn(text, node, false);
  const found: Commands = { commands: [], opaque: false, calls: [] };
  for (const command of routineCommands(parser, text, node.DoStmt.args ?? [], 1)) {
    if (command.node) {
      const inside = commandsIn(command.text, command.node, true);
      found.commands.push(...inside.commands);
      found.calls.push(...inside.calls);
    } else if (command.kind === 'opaque') {
      found.opaque = true;
    }
  }
  return found;
}

/** These store statements without running them. */
const STORED = new Set([
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'RuleStmt',
  'ViewStmt',
  'CreatePolicyStmt',
  'PrepareStmt',
]);

const CHANGES_ROWS = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

function commandsIn(text: string, root: Node, inBlock: boolean): Commands {
  const commands: Command[] = [{ node: root, text, inBlock, nested: false }];
  const calls: string[] = [];
  for (const { kind, node } of walk(root, (name) => !STORED.has(name))) {
    if (node !== root && CHANGES_ROWS.has(kind))
      commands.push({ node, text, inBlock, nested: true });
    if ('FuncCall' in node) calls.push(stringsOf(node.FuncCall.funcname).at(-1) ?? '');
  }
  const runs = 'SelectStmt' in root || 'CallStmt' in root || 'CreateTableAsStmt' in root || inBlock;
  return { commands, opaque: 'ExecuteStmt' in root, calls: runs ? calls : [] };
}
