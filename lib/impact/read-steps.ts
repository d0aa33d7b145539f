import type { Node } from 'libpg-query';
import type { PlanStep } from '@/lib/core/plan';
import type { Statement } from '@/lib/core/statement';
import { executedNodes } from '@/lib/sql/executed-nodes';
import { loadParser, ParserOverflow, type PostgresParser } from '@/lib/sql/postgres-parser';
import { kindOf } from '@/lib/sql/syntax-tree';

/** A statement of the plan with its syntax tree. */
export interface ReadStatement {
  position: number;
  /** Index within its step. */
  index: number;
  line: number;
  text: string;
  hazards: Statement['hazards'];
  node: Node;
  /** What runs inside of it, in a DO block or a WITH query; whether it runs, only the run can tell. */
  nested: Node[];
}

export interface ReadPlan {
  parser: PostgresParser;
  /** In run order. */
  statements: ReadStatement[];
  /** Positions and indexes that could not be read again; they were when the plan was made. */
  unread: { position: number; index: number }[];
}

/** Parses the statements of a plan, which were cut and accepted when it was made. */
export async function readSteps(steps: readonly PlanStep[]): Promise<ReadPlan> {
  const plan: ReadPlan = { parser: await loadParser(), statements: [], unread: [] };
  for (const { position, statements } of steps) {
    for (const statement of statements) {
      const read = await readStatement(position, statement);
      if (read) plan.statements.push(read);
      else plan.unread.push({ position, index: statement.index });
    }
  }
  // An overflow throws the parser's instance away; the last one is sound.
  plan.parser = await loadParser();
  return plan;
}

async function readStatement(
  position: number,
  { index, line, text, hazards }: Statement,
): Promise<ReadStatement | undefined> {
  const parser = await loadParser();
  try {
    const outcome = parser.parse(text);
    const node = outcome.ok ? outcome.statements[0]?.node : undefined;
    if (!node) return undefined;
    const nested = [...executedNodes(parser, text, node, line)].flatMap((executed) =>
      executed.node && executed.node !== node && kindOf(executed.node).endsWith('Stmt')
        ? [executed.node]
        : [],
    );
    return { position, index, line, text, hazards, node, nested };
  } catch (error) {
    if (error instanceof ParserOverflow) return undefined;
    throw error;
  }
}
