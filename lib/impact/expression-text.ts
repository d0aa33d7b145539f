import type { Node } from 'libpg-query';
import type { PostgresParser, Token } from '@/lib/sql/postgres-parser';

/**
 * The text of an expression inside a statement. The syntax tree says where nodes begin but not where they
 * end, so a piece of the text is only taken when it parses to the very same tree.
 */
export class StatementText {
  private readonly bytes: Buffer;
  private readonly tokens: Token[];

  constructor(
    private readonly parser: PostgresParser,
    text: string,
  ) {
    this.bytes = Buffer.from(text);
    this.tokens = (parser.tokens(text) ?? []).filter(
      ({ tokenName }) => !tokenName.endsWith('COMMENT'),
    );
  }

  /** The condition after a WHERE that stands outside of all parentheses, up to RETURNING. */
  condition(expression: Node): string | undefined {
    const start = this.outer('where', 0);
    if (start === undefined) return undefined;
    const end = this.outer('returning', start + 1) ?? this.outer(';', start + 1);
    return this.piece(start + 1, end ?? this.tokens.length, expression);
  }

  /** An expression in parentheses after a word, as in CHECK (…). */
  parenthesized(word: string, expression: Node): string | undefined {
    for (let at = 0; at < this.tokens.length - 1; at += 1) {
      if (this.word(at) !== word || this.tokens[at + 1]?.text !== '(') continue;
      const found = this.piece(at + 2, this.closing(at + 1), expression);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** An expression that begins right after a word and ends somewhere: USING …. */
  after(word: string, expression: Node): string | undefined {
    for (let at = 0; at < this.tokens.length - 1; at += 1) {
      if (this.word(at) !== word) continue;
      const found = this.longestFrom(at + 1, expression);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** An element of the first list in parentheses: a column or expression of CREATE INDEX. */
  listed(expression: Node): string | undefined {
    const open = this.tokens.findIndex(({ text }) => text === '(');
    if (open < 0) return undefined;
    const close = this.closing(open);
    for (let at = open + 1; at < close; at += 1) {
      const previous = this.tokens[at - 1]?.text;
      if (at !== open + 1 && previous !== ',') continue;
      const found = this.longestFrom(at, expression);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Ends are tried from the next comma or closing parenthesis of the same depth backwards. */
  private longestFrom(start: number, expression: Node): string | undefined {
    let depth = 0;
    let end = start;
    for (; end < this.tokens.length; end += 1) {
      const text = this.tokens[end]?.text;
      if (text === '(' || text === '[') depth += 1;
      if (text === ')' || text === ']') depth -= 1;
      if (depth < 0 || (depth === 0 && (text === ',' || text === ';'))) break;
    }
    // What may follow is short: COLLATE x.y opclass DESC NULLS LAST.
    for (let last = end; last > start && last > end - 12; last -= 1) {
      const found = this.piece(start, last, expression);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private piece(start: number, end: number, expression: Node): string | undefined {
    const first = this.tokens[start];
    const last = this.tokens[end - 1];
    if (!first || !last || end <= start) return undefined;
    const text = this.bytes.subarray(first.start, last.end).toString();
    // On lines of their own: a comment at the end must not take the parenthesis with it.
    const outcome = this.parser.parse(`SELECT (\n${text}\n)`);
    if (!outcome.ok || outcome.statements.length !== 1) return undefined;
    const select = outcome.statements[0]?.node;
    if (!select || !('SelectStmt' in select)) return undefined;
    const [target, ...more] = select.SelectStmt.targetList ?? [];
    const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
    return value && more.length === 0 && sameTree(value, expression) ? text : undefined;
  }

  /** The next token of that text at depth 0. */
  private outer(word: string, from: number): number | undefined {
    let depth = 0;
    for (let at = 0; at < this.tokens.length; at += 1) {
      const text = this.tokens[at]?.text;
      if (text === '(' || text === '[') depth += 1;
      else if (text === ')' || text === ']') depth -= 1;
      else if (depth === 0 && at >= from && this.word(at) === word) return at;
    }
    return undefined;
  }

  private word(at: number): string | undefined {
    return this.tokens[at]?.text.toLowerCase();
  }

  private closing(open: number): number {
    let depth = 0;
    for (let at = open; at < this.tokens.length; at += 1) {
      const text = this.tokens[at]?.text;
      if (text === '(') depth += 1;
      if (text === ')') depth -= 1;
      if (depth === 0) return at;
    }
    return this.tokens.length;
  }
}

/** Fields that say where something stands, and nothing of what it is. */
const PLACES = /location$|^(rexpr_)?list_(start|end)$|^stmt_len$/;

function sameTree(one: Node, other: Node): boolean {
  try {
    return shape(one) === shape(other);
  } catch (error) {
    // Nested too deeply to be written down: then nobody says that it is the same.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function shape(node: Node): string {
  return JSON.stringify(node, (key, value: unknown) => (PLACES.test(key) ? undefined : value));
}
