import type { Node, TransactionStmt } from 'libpg-query';
import { executedNodes } from './executed-nodes';
import { nextPiece } from './next-piece';
import { nonTransactional } from './non-transactional';
import { loadParser, ParserOverflow, type PostgresParser } from './postgres-parser';
import { RelationNames } from './relation-names';
import { cutStatement, lineFinder } from './script-source';
import { kindOf } from './syntax-tree';
import type { TouchedObject } from './touched';
import { ScriptMentions } from './touched/script-mentions';
import { isWrapped, transactionOf } from './transaction-wrapper';

/** One statement of a migration. */
export interface UpStatement {
  /** The bytes as they stand in the file, without the semicolon. */
  text: string;
  /** 1-based line in the file. */
  line: number;
  /** PostgreSQL's node name; `TransactionStmt` is BEGIN, COMMIT and their like. */
  kind: string;
  /** False for what PostgreSQL refuses inside a transaction block. */
  transactional: boolean;
}

/** What drizzle sends at once. */
export interface UpChunk {
  text: string;
  /** 1-based line of the chunk's first character in the file. */
  line: number;
  /** Undefined where PostgreSQL cannot read the chunk; it is still sent as it is. */
  statements: UpStatement[] | undefined;
}

/** A migration file, as far as its text tells what it does. */
export interface ParsedUp {
  chunks: UpChunk[];
  /** It begins, ends or shapes transactions itself: the outer one does not hold it together. */
  ownTransaction: boolean;
  /** The own transaction is one BEGIN … COMMIT around the whole file. */
  wrapped: boolean;
  /** Some statement cannot run inside a transaction block. */
  nonTransactional: boolean;
  /** It adds values to an enum type, which nothing can use before the transaction has ended. */
  addsEnumValues: boolean;
  /** What it says by name, in the order of the file. */
  touched: TouchedObject[];
  /** `touched` may lack names: a chunk is unreadable, or SQL is put together at run time. */
  opaque: boolean;
}

/** What drizzle's migrate() splits a file by, whatever the journal says of breakpoints. */
export const BREAKPOINT = '--> statement-breakpoint';

/**
 * Reads a migration file the way drizzle's migrate() sends it. Bad SQL is no error here: its chunk has no
 * statements, and PostgreSQL will say what is wrong. Throws only when the parser can't be loaded.
 */
export async function parseUp(text: string): Promise<ParsedUp> {
  const reader = new UpReader(await loadParser());
  let line = 1;
  for (const chunk of text.split(BREAKPOINT)) {
    try {
      reader.read(chunk, line);
    } catch (error) {
      if (!(error instanceof ParserOverflow)) throw error;
      reader.skip(chunk, line, await loadParser());
    }
    line += newlinesIn(chunk);
  }
  return reader.finish();
}

function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

class UpReader {
  private readonly names: RelationNames;
  private readonly mentions: ScriptMentions;
  private readonly chunks: UpChunk[] = [];
  private readonly touched: TouchedObject[] = [];
  private readonly transactions: (TransactionStmt | undefined)[] = [];
  private ownTransaction = false;
  private addsEnumValues = false;
  private opaque = false;

  constructor(private parser: PostgresParser) {
    this.names = new RelationNames(parser);
    this.mentions = new ScriptMentions(this.names);
  }

  /** @throws ParserOverflow, and then nothing of the chunk is kept but what it has touched so far */
  read(text: string, line: number): void {
    const bytes = Buffer.from(text);
    const lineAt = lineFinder(bytes);
    const statements: UpStatement[] = [];
    for (let start = 0; start < bytes.length; ) {
      const piece = nextPiece(this.parser, bytes, start);
      if (piece.ok !== true) {
        this.leaveUnread(text, line);
        return;
      }
      for (const found of piece.statements) {
        const own = line - 1 + lineAt(found.start);
        statements.push(this.statement(found.node, cutStatement(bytes, found), own));
      }
      start = piece.end;
    }
    this.chunks.push({ text, line, statements });
  }

  /** Goes on after a chunk that has overflowed the parser. */
  skip(text: string, line: number, parser: PostgresParser): void {
    this.leaveUnread(text, line);
    this.parser = parser;
    this.names.continueWith(parser);
  }

  finish(): ParsedUp {
    const statements = this.chunks.flatMap((chunk) => chunk.statements ?? []);
    return {
      chunks: this.chunks,
      ownTransaction: this.ownTransaction,
      wrapped: this.isReadable() && isWrapped(this.transactions),
      nonTransactional: statements.some((statement) => !statement.transactional),
      addsEnumValues: this.addsEnumValues,
      touched: this.touched,
      opaque: this.opaque,
    };
  }

  private statement(root: Node, text: string, line: number): UpStatement {
    const executed = [...executedNodes(this.parser, text, root, line)];
    const commits = executed.some(({ kind }) => /^plpgsql_(commit|rollback)$/.test(kind));
    const storesOnly = 'CreateFunctionStmt' in root;
    if (commits && !storesOnly) this.ownTransaction = true;
    const transaction = transactionOf(root);
    if (transaction && !SUBTRANSACTIONS.has(transaction.kind ?? '')) this.ownTransaction = true;
    this.transactions.push(transaction);
    if (
      executed.some(({ node }) => node && 'AlterEnumStmt' in node && !node.AlterEnumStmt.oldVal)
    ) {
      this.addsEnumValues = true;
    }
    if (executed.some(({ kind }) => kind === 'opaque')) this.opaque = true;
    this.touched.push(...this.mentions.of(root, executed));
    const outside = executed.some(({ node }) => node !== undefined && nonTransactional(node));
    return {
      text,
      line,
      kind: kindOf(root),
      transactional: !outside && !(commits && !storesOnly),
    };
  }

  private leaveUnread(text: string, line: number): void {
    this.chunks.push({ text, line, statements: undefined });
    this.opaque = true;
  }

  private isReadable(): boolean {
    return this.chunks.every((chunk) => chunk.statements !== undefined);
  }
}

/** These need a transaction and leave it open. */
const SUBTRANSACTIONS = new Set([
  'TRANS_STMT_SAVEPOINT',
  'TRANS_STMT_RELEASE',
  'TRANS_STMT_ROLLBACK_TO',
]);
