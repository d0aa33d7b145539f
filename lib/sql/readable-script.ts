import type { ScriptRefusal } from '@/lib/core/statement';
import { MAX_STATEMENT_BYTES, nextPiece, type Piece } from './next-piece';
import type { PostgresParser, RawStatement } from './postgres-parser';
import type { ScriptSource } from './script-source';

type Fault = Extract<Piece, { ok: false }>;

/** More are not listed one by one; the author will know by then. */
const MAX_META_COMMANDS = 50;

const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const SEMICOLON = 0x3b;
const SPACE = 0x20;

/**
 * Parses a script bit by bit, as far as it can be, and says what stands in the way. Where the parser
 * stops at a psql meta-command, that is named, blanked out, and the rest is parsed as well, so that an
 * author sees all of them at once. Only the parser knows whether a backslash stands in a string, a
 * comment, or on its own.
 * @throws ParserOverflow
 */
export function* readableStatements(
  parser: PostgresParser,
  source: ScriptSource,
): Generator<RawStatement[] | ScriptRefusal> {
  const bytes = Buffer.from(source.bytes);
  let metaCommands = 0;
  let last: RawStatement | undefined;
  for (let start = 0; start < bytes.length; ) {
    const piece = nextPiece(parser, bytes, start);
    if (piece.ok === true) {
      last = piece.statements.at(-1) ?? last;
      start = piece.end;
      yield piece.statements;
      continue;
    }
    if (piece.ok === 'too_long') {
      yield tooLong(source.lineAt(start));
      return;
    }
    // The rows of a COPY that the piece before ended with, and that is refused already.
    if (isCopyFromStdin(last)) return;
    const copy = copyFromStdinBefore(parser, bytes.subarray(start, piece.offset), start, source);
    if (copy) {
      yield copy;
      return;
    }
    if (bytes[piece.offset] !== BACKSLASH || metaCommands === MAX_META_COMMANDS) {
      // After a meta-command was blanked out, what is left may be half a statement: not the author's fault.
      if (metaCommands === 0) yield syntaxError(piece, source);
      return;
    }
    metaCommands += 1;
    yield metaCommand(bytes, piece.offset, source);
    blankLine(bytes, piece.offset);
  }
}

function tooLong(line: number): ScriptRefusal {
  const limit = MAX_STATEMENT_BYTES / 1024 / 1024;
  return {
    code: 'too_large',
    line,
    message: `From here on, no statement ends at the end of a line for more than ${limit} MiB. Split it into several statements, each ending its line.`,
  };
}

function metaCommand(bytes: Buffer, offset: number, source: ScriptSource): ScriptRefusal {
  const rest = bytes.subarray(offset, offset + 80).toString();
  const name = /^\\([A-Za-z_]+|\S)?/.exec(rest)?.[0] ?? '\\';
  return {
    code: 'psql_meta_command',
    line: source.lineAt(offset),
    message: `${name} is a command of psql, not SQL. Backstep sends SQL only: take it out of the script.`,
  };
}

/** Blanks to the end of the line; the semicolon ends a statement that `\gexec` and the like would have. */
function blankLine(bytes: Buffer, offset: number): void {
  const newline = bytes.indexOf(NEWLINE, offset);
  bytes.fill(SPACE, offset, newline < 0 ? bytes.length : newline);
  bytes[offset] = SEMICOLON;
}

function isCopyFromStdin(statement: RawStatement | undefined): boolean {
  if (!statement || !('CopyStmt' in statement.node)) return false;
  const { is_from: isFrom, filename } = statement.node.CopyStmt;
  return isFrom === true && !filename;
}

/** The rows after COPY … FROM STDIN are no SQL; the parser stops at the first of them. */
function copyFromStdinBefore(
  parser: PostgresParser,
  before: Buffer,
  start: number,
  source: ScriptSource,
): ScriptRefusal | undefined {
  const semicolon = parser.tokens(before.toString())?.findLast((token) => token.text === ';');
  if (!semicolon) return undefined;
  const parsed = parser.parse(before.subarray(0, semicolon.end).toString());
  const last = parsed.ok ? parsed.statements.at(-1) : undefined;
  if (!last || !isCopyFromStdin(last)) return undefined;
  return {
    code: 'copy_from_stdin',
    line: source.lineAt(start + last.start),
    message:
      'COPY … FROM STDIN is refused: it needs psql to send the rows. Write INSERT statements instead.',
  };
}

/** PostgreSQL quotes the text at the fault; of an unterminated string that is the rest of the file. */
const MAX_QUOTED = 60;

function syntaxError(fault: Fault, source: ScriptSource): ScriptRefusal {
  const [firstLine = ''] = fault.message.split('\n');
  const cut = firstLine.length < fault.message.length || firstLine.length > MAX_QUOTED * 2;
  const said = cut ? `${firstLine.slice(0, MAX_QUOTED * 2)}…` : firstLine;
  return {
    code: 'syntax_error',
    line: source.lineAt(fault.offset),
    message: `PostgreSQL cannot read this: ${said}.`,
  };
}
