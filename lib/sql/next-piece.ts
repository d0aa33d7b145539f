import type { ParseOutcome, PostgresParser, RawStatement } from './postgres-parser';

/** The next whole statements of a script. Offsets are those of the script. */
export type Piece =
  | { ok: true; statements: RawStatement[]; end: number }
  /** A statement goes on for longer than a parse may take in. */
  | { ok: 'too_long' }
  | { ok: false; message: string; offset: number };

type Fault = Extract<ParseOutcome, { ok: false }>;

/** A tree takes some hundred times the memory of its text: a long script is parsed bit by bit. */
const FIRST_BYTES = 128 * 1024;
/** Longer than this, no statement is read. */
export const MAX_STATEMENT_BYTES = 1024 * 1024;

/**
 * Parses from `start`, which begins a statement, up to an end of a statement. Whether a semicolon at the
 * end of a line ends a statement is for the parser to say: text up to there is either complete, or it
 * stops within a string, a comment or a body, and more is taken in. Nothing that follows can turn
 * complete statements into others.
 * @throws ParserOverflow
 */
export function nextPiece(parser: PostgresParser, bytes: Buffer, start: number): Piece {
  const left = bytes.length - start;
  for (let size = FIRST_BYTES; size < left && size <= MAX_STATEMENT_BYTES; size *= 2) {
    const end = lastLineThatEndsAStatement(bytes, start, start + size);
    if (end === undefined) continue;
    const outcome = parser.parse(bytes.subarray(start, end).toString());
    if (outcome.ok) {
      const complete = outcome.statements.filter((one) => one.end < end - start);
      const open = outcome.statements.length - complete.length;
      // The semicolon stood in a comment, and its statement goes on after it.
      if (open > 0) continue;
      return { ok: true, statements: complete.map((one) => moved(one, start)), end };
    }
    if (!isIncomplete(outcome, end - start)) return fault(outcome, start);
  }
  if (left > MAX_STATEMENT_BYTES) return { ok: 'too_long' };
  const outcome = parser.parse(bytes.subarray(start).toString());
  if (!outcome.ok) return fault(outcome, start);
  return {
    ok: true,
    statements: outcome.statements.map((one) => moved(one, start)),
    end: bytes.length,
  };
}

const NEWLINE = 0x0a;
/** A comment may follow the semicolon, as drizzle's breakpoints do. */
const ENDS_A_STATEMENT = /;[ \t\r]*(--.*)?$/;

/** @returns where the line after it begins */
function lastLineThatEndsAStatement(
  bytes: Buffer,
  start: number,
  limit: number,
): number | undefined {
  for (let end = bytes.lastIndexOf(NEWLINE, limit); end > start; ) {
    const before = bytes.lastIndexOf(NEWLINE, end - 1);
    const from = Math.max(before + 1, start);
    if (ENDS_A_STATEMENT.test(bytes.subarray(from, end).toString('latin1'))) return end + 1;
    end = before;
  }
  return undefined;
}

/** PostgreSQL says so where the text ended too early; any other error is one whatever comes after. */
function isIncomplete({ message, offset }: Fault, length: number): boolean {
  return offset >= length || /^unterminated |at end of input$/.test(message);
}

function fault({ message, offset }: Fault, by: number): Piece {
  return { ok: false, message, offset: offset + by };
}

function moved({ node, start, end }: RawStatement, by: number): RawStatement {
  return { node, start: start + by, end: end + by };
}
