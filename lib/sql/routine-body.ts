import type { Node } from 'libpg-query';
import type { PostgresParser, Token } from './postgres-parser';
import { stringOf } from './syntax-tree';

/** A command inside a PL/pgSQL body. */
export type RoutineCommand =
  | TransactionCommand
  /** What runs is known only when it runs. */
  | { kind: 'opaque'; node: undefined; line: number }
  | { kind: 'sql'; node: Node; text: string; line: number };

interface TransactionCommand {
  kind: 'plpgsql_commit' | 'plpgsql_rollback';
  node: undefined;
  line: number;
}

/**
 * The commands of a PL/pgSQL body, EXECUTE of a constant string included. A body in another language,
 * and text that is put together at run time, are told as opaque.
 *
 * @param statement text of the DO or CREATE PROCEDURE statement
 * @param options its `LANGUAGE` and `AS`
 * @throws ParserOverflow
 */
export function* routineCommands(
  parser: PostgresParser,
  statement: string,
  options: readonly Node[],
  statementLine: number,
): Generator<RoutineCommand> {
  const body = findBody(parser, statement, options);
  if (languageOf(options) !== 'plpgsql' || !body) {
    yield { kind: 'opaque', node: undefined, line: statementLine };
    return;
  }
  const firstLine = statementLine + body.linesBefore;
  const parsed = parser.parseRoutine(statement);
  if (parsed === undefined) {
    yield* scanBody(parser, body.text, firstLine);
    return;
  }
  for (const found of collect(parsed)) {
    const line = firstLine + found.line - 1;
    if (found.kind === 'expression') yield* commandsOf(parser, found.query, found.mode, line);
    else if (found.kind === 'dynamic') yield* commandsOfConstant(parser, found.query, line);
    else yield { kind: found.kind, node: undefined, line };
  }
}

/** The transaction control in a procedure's body. */
export function* procedureCommands(
  parser: PostgresParser,
  statement: string,
  options: readonly Node[],
  statementLine: number,
): Generator<TransactionCommand> {
  for (const command of routineCommands(parser, statement, options, statementLine)) {
    if (command.kind === 'opaque') continue;
    if (!command.node) yield command;
    else if ('TransactionStmt' in command.node) {
      const commits = command.node.TransactionStmt.kind === 'TRANS_STMT_COMMIT';
      const kind = commits ? 'plpgsql_commit' : 'plpgsql_rollback';
      yield { kind, node: undefined, line: command.line };
    }
  }
}

function option(options: readonly Node[], name: string): Node | undefined {
  for (const node of options) {
    if ('DefElem' in node && node.DefElem.defname === name) return node.DefElem.arg;
  }
  return undefined;
}

function languageOf(options: readonly Node[]): string {
  return (stringOf(option(options, 'language')) ?? 'plpgsql').toLowerCase();
}

/** The body as PL/pgSQL gets it, and how many lines of the statement stand before it. */
function findBody(
  parser: PostgresParser,
  statement: string,
  options: readonly Node[],
): { text: string; linesBefore: number } | undefined {
  const argument = option(options, 'as');
  const first = argument && 'List' in argument ? argument.List.items?.[0] : argument;
  const text = stringOf(first);
  if (text === undefined) return undefined;
  // A language may be quoted, too: the body is the string constant that contains the text.
  const bytes = Buffer.from(statement);
  const literal = parser
    .tokens(statement)
    ?.findLast((token) => token.tokenName === 'SCONST' && token.end - token.start >= text.length);
  const before = bytes.subarray(0, literal?.start ?? 0).toString();
  return { text, linesBefore: before.split('\n').length - 1 };
}

type Found =
  | { kind: 'plpgsql_commit' | 'plpgsql_rollback'; line: number }
  | { kind: 'expression'; query: string; mode: number; line: number }
  | { kind: 'dynamic'; query: string; line: number };

/** libpg-query's JSON of a PL/pgSQL function, as far as this file looks at it. */
interface PlpgsqlExpression {
  query?: string;
  parseMode?: number;
}

function* collect(tree: unknown): Generator<Found> {
  const pending: { value: unknown; line: number; dynamic: boolean }[] = [
    { value: tree, line: 1, dynamic: false },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, dynamic } = next;
    if (Array.isArray(value)) {
      for (const item of [...value].reverse()) pending.push({ ...next, value: item });
      continue;
    }
    if (typeof value !== 'object' || value === null) continue;
    const own = (value as { lineno?: unknown }).lineno;
    const line = typeof own === 'number' ? own : next.line;
    for (const [key, child] of Object.entries(value).reverse()) {
      const lineno = (child as { lineno?: number } | null)?.lineno ?? line;
      if (key === 'PLpgSQL_stmt_commit') yield { kind: 'plpgsql_commit', line: lineno };
      else if (key === 'PLpgSQL_stmt_rollback') yield { kind: 'plpgsql_rollback', line: lineno };
      else if (key === 'PLpgSQL_expr') {
        const { query, parseMode: mode = 0 } = child as PlpgsqlExpression;
        if (query === undefined) continue;
        yield dynamic
          ? { kind: 'dynamic', query, line }
          : { kind: 'expression', query, mode, line };
      } else {
        const executes = key === 'PLpgSQL_stmt_dynexecute' || key === 'PLpgSQL_stmt_dynfors';
        // Only the command itself is text to be executed, not the USING parameters beside it.
        const isCommand = key === 'dynquery' || (dynamic && key === 'query');
        pending.push({ value: child, line, dynamic: executes || isCommand });
      }
    }
  }
}

/** RawParseMode of PostgreSQL: 0 is a statement, 2 an expression, above an assignment. */
const STATEMENT_MODE = 0;
const EXPRESSION_MODE = 2;

function* commandsOf(
  parser: PostgresParser,
  query: string,
  mode: number,
  line: number,
): Generator<RoutineCommand> {
  let text = query;
  if (mode === EXPRESSION_MODE) text = `SELECT ${query}`;
  else if (mode !== STATEMENT_MODE) text = `SELECT ${query.replace(/^[^=]*:?=/, '')}`;
  const outcome = parser.parse(text);
  if (!outcome.ok) return;
  for (const { node } of outcome.statements) yield { kind: 'sql', node, text, line };
}

/** `EXECUTE 'DROP TABLE a'`: the constant is SQL itself. */
function* commandsOfConstant(
  parser: PostgresParser,
  expression: string,
  line: number,
): Generator<RoutineCommand> {
  const outcome = parser.parse(`SELECT ${expression}`);
  const select = outcome.ok ? outcome.statements[0]?.node : undefined;
  if (!select || !('SelectStmt' in select)) return;
  const target = select.SelectStmt.targetList?.[0];
  const command = target && 'ResTarget' in target ? stringOf(target.ResTarget.val) : undefined;
  if (command === undefined) yield { kind: 'opaque', node: undefined, line };
  else yield* commandsOf(parser, command, STATEMENT_MODE, line);
}

/** A PL/pgSQL statement can begin after these; what follows up to the semicolon may be SQL. */
const OPENERS = new Set([';', 'begin', 'then', 'else', 'loop', '>>']);

/**
 * For a body that libpg-query can't parse, because a type comes from the catalog: every piece between
 * two places where a statement can begin is tried as SQL.
 */
function* scanBody(
  parser: PostgresParser,
  body: string,
  firstLine: number,
): Generator<RoutineCommand> {
  const bytes = Buffer.from(body);
  let piece: Token[] = [];
  for (const token of parser.tokens(body) ?? []) {
    if (token.tokenName.endsWith('COMMENT')) continue;
    if (!OPENERS.has(token.text.toLowerCase())) {
      piece.push(token);
      continue;
    }
    yield* tryPiece(parser, bytes, piece, firstLine);
    piece = [];
  }
  yield* tryPiece(parser, bytes, piece, firstLine);
}

function* tryPiece(
  parser: PostgresParser,
  bytes: Buffer,
  piece: Token[],
  firstLine: number,
): Generator<RoutineCommand> {
  const [first] = piece;
  const last = piece.at(-1);
  // END closes a block here; to SQL it is another word for COMMIT.
  if (!first || !last || first.text.toLowerCase() === 'end') return;
  const line = firstLine + bytes.subarray(0, first.start).toString().split('\n').length - 1;
  const text = bytes.subarray(first.start, last.end).toString();
  yield* commandsOf(parser, text, STATEMENT_MODE, line);
}
