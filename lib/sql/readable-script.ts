import type { ScriptRefusal } from '@/lib/core/statement';
import type { ParseOutcome, PostgresParser } from './postgres-parser';
import type { ScriptSource } from './script-source';

type Fault = Extract<ParseOutcome, { ok: false }>;

/** More are not listed one by one; the author will know by then. */
const MAX_META_COMMANDS = 50;

const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const SEMICOLON = 0x3b;
const SPACE = 0x20;

/** A script parsed as far as it can be, and what stood in the way. */
export interface ReadableScript {
  outcome: ParseOutcome;
  refusals: ScriptRefusal[];
}

/**
 * Parses a script. Where the parser stops at a psql meta-command, that is named, blanked out, and the
 * rest is parsed as well, so that an author sees all of them at once. Only the parser knows whether a
 * backslash stands in a string, a comment, or on its own.
 * @throws ParserOverflow
 */
export function parseReadable(parser: PostgresParser, source: ScriptSource): ReadableScript {
  const refusals: ScriptRefusal[] = [];
  const bytes = Buffer.from(source.bytes);
  for (;;) {
    const outcome = parser.parse(bytes.toString());
    if (outcome.ok) return { outcome, refusals };
    const copy = copyFromStdinBefore(parser, bytes, outcome, source);
    if (copy) return { outcome, refusals: [...refusals, copy] };
    if (bytes[outcome.offset] !== BACKSLASH || refusals.length === MAX_META_COMMANDS) {
      // After a meta-command was blanked out, what is left may be half a statement: not the author's fault.
      if (refusals.length === 0) refusals.push(syntaxError(outcome, source));
      return { outcome, refusals };
    }
    refusals.push(metaCommand(bytes, outcome.offset, source));
    blankLine(bytes, outcome.offset);
  }
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

/** The rows after COPY … FROM STDIN are no SQL; the parser stops at the first of them. */
function copyFromStdinBefore(
  parser: PostgresParser,
  bytes: Buffer,
  fault: Fault,
  source: ScriptSource,
): ScriptRefusal | undefined {
  const before = bytes.subarray(0, fault.offset).toString();
  const semicolon = parser.tokens(before)?.findLast((token) => token.text === ';');
  if (!semicolon) return undefined;
  const parsed = parser.parse(bytes.subarray(0, semicolon.end).toString());
  const last = parsed.ok ? parsed.statements.at(-1) : undefined;
  if (!last || !('CopyStmt' in last.node)) return undefined;
  const { is_from: isFrom, filename } = last.node.CopyStmt;
  if (!isFrom || filename) return undefined;
  return {
    code: 'copy_from_stdin',
    line: source.lineAt(last.start),
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
