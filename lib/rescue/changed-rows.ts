import type { DeleteStmt, Node, RangeVar, UpdateStmt } from 'libpg-query';
import type { PostgresParser, Token } from '@/lib/sql/postgres-parser';
import { stringsOf, walk } from '@/lib/sql/syntax-tree';

/** The rows that an UPDATE or DELETE will hit, as a SELECT that finds the same ones. */
export interface ChangedRows {
  /** Gives `tableoid` and `ctid`; undefined where the statement hits every row. */
  select: string | undefined;
  /** Functions that it calls: a volatile one may answer otherwise the second time. */
  functions: string[];
}

/**
 * Makes a SELECT of an UPDATE or DELETE out of the statement's own text. What it reads is compared with the
 * statement's syntax tree, so that it can't be about other rows.
 * @returns undefined where that can't be done: then nobody can tell the rows beforehand
 * @throws ParserOverflow
 */
export function changedRows(
  parser: PostgresParser,
  text: string,
  node: { UpdateStmt: UpdateStmt } | { DeleteStmt: DeleteStmt },
): ChangedRows | undefined {
  const update = 'UpdateStmt' in node;
  const { relation, whereClause, withClause } = update ? node.UpdateStmt : node.DeleteStmt;
  const others = (update ? node.UpdateStmt.fromClause : node.DeleteStmt.usingClause) ?? [];
  if (!relation) return undefined;
  const read: Node[] = [...others, ...(whereClause ? [whereClause] : [])];
  for (const { ctename, ctequery } of ctesOf(withClause?.ctes)) {
    // Such a name would stand before the table's in a SELECT, though not in an UPDATE.
    if (ctename === relation.relname && relation.schemaname === undefined) return undefined;
    if (ctequery) read.push(ctequery);
  }
  if (read.some(isUncertain)) return undefined;
  const functions = read.flatMap(functionsIn);
  if (read.length === 0) return { select: undefined, functions };
  const pieces = new StatementPieces(parser, text);
  const wanted = { relation, whereClause, withClause, others };
  for (const select of pieces.selects(update ? 'UPDATE' : 'DELETE', relation)) {
    if (readsTheSame(parser, select, wanted)) return { select, functions };
  }
  return undefined;
}

function ctesOf(nodes: readonly Node[] | undefined) {
  return (nodes ?? []).flatMap((node) => ('CommonTableExpr' in node ? [node.CommonTableExpr] : []));
}

/** Chosen anew each time, or changed on the way. */
function isUncertain(read: Node): boolean {
  for (const { kind, node } of walk(read, () => true)) {
    if (UNCERTAIN.has(kind)) return true;
    if ('SelectStmt' in node && (node.SelectStmt.limitCount ?? node.SelectStmt.lockingClause))
      return true;
  }
  return false;
}

const UNCERTAIN = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CurrentOfExpr',
  'RangeTableSample',
  'ParamRef',
]);

function functionsIn(read: Node): string[] {
  const names: string[] = [];
  for (const { node } of walk(read, () => true)) {
    if ('FuncCall' in node) names.push(stringsOf(node.FuncCall.funcname).at(-1) ?? '');
  }
  return names;
}

interface Wanted {
  relation: RangeVar;
  whereClause: Node | undefined;
  withClause: UpdateStmt['withClause'];
  others: readonly Node[];
}

function readsTheSame(parser: PostgresParser, select: string, wanted: Wanted): boolean {
  const outcome = parser.parse(select);
  if (!outcome.ok || outcome.statements.length !== 1) return false;
  const node = outcome.statements[0]?.node;
  if (!node || !('SelectStmt' in node)) return false;
  const { fromClause, whereClause, withClause, ...rest } = node.SelectStmt;
  const from = [{ RangeVar: wanted.relation }, ...wanted.others];
  const found = [fromClause, whereClause, withClause];
  const asked = [from, wanted.whereClause, wanted.withClause];
  try {
    return (
      MORE_CLAUSES.every((clause) => rest[clause] === undefined) && shape(found) === shape(asked)
    );
  } catch (error) {
    // Nested too deeply to be written down: then nobody says that it is the same.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const MORE_CLAUSES = ['groupClause', 'havingClause', 'larg', 'sortClause', 'windowClause'] as const;

/** Fields that say where something stands, and nothing of what it is. */
const PLACES = /location$|^(rexpr_)?list_(start|end)$|^stmt_len$/;

function shape(value: unknown): string {
  return JSON.stringify(value, (key, inner) => (PLACES.test(key) ? undefined : inner));
}

/** The clauses of a statement as pieces of its text. */
class StatementPieces {
  private readonly bytes: Buffer;
  private readonly tokens: Token[];

  constructor(parser: PostgresParser, text: string) {
    this.bytes = Buffer.from(text);
    this.tokens = (parser.tokens(text) ?? []).filter(
      ({ tokenName }) => !tokenName.endsWith('COMMENT'),
    );
  }

  /** Candidates: the word that ends a clause may also stand inside of it, as in IS DISTINCT FROM. */
  *selects(verb: 'UPDATE' | 'DELETE', relation: RangeVar): Generator<string> {
    const [start] = this.outer(verb, 0);
    if (start === undefined) return;
    const first = verb === 'DELETE' ? start + 2 : start + 1;
    const end =
      this.outer('RETURNING', first)[0] ?? this.outer(';', first)[0] ?? this.tokens.length;
    const row = quoted(relation.alias?.aliasname ?? relation.relname ?? '');
    const head = `${this.before(start)}SELECT ${row}.tableoid, ${row}.ctid FROM `;
    for (const where of [undefined, ...this.outer('WHERE', first)]) {
      const condition = where === undefined ? '' : `\nWHERE ${this.piece(where + 1, end)}`;
      const stop = where ?? end;
      const words = verb === 'DELETE' ? this.outer('USING', first) : this.outer('FROM', first);
      for (const also of [undefined, ...words]) {
        if (also !== undefined && also >= stop) continue;
        const others = also === undefined ? '' : `,\n${this.piece(also + 1, stop)}`;
        const named = verb === 'UPDATE' ? this.outer('SET', first)[0] : (also ?? stop);
        yield `${head}${this.piece(first, named ?? stop)}${others}${condition}`;
      }
    }
  }

  /** The places of that token outside of all parentheses. */
  private outer(name: string, from: number): number[] {
    const places: number[] = [];
    let depth = 0;
    this.tokens.forEach(({ text, tokenName, keywordName }, at) => {
      // A quoted name or a constant may hold any of these.
      const plain = tokenName !== 'IDENT' && tokenName !== 'SCONST';
      if (plain && (text === '(' || text === '[')) depth += 1;
      else if (plain && (text === ')' || text === ']')) depth -= 1;
      else if (depth === 0 && at >= from && isWord({ text, keywordName }, name)) places.push(at);
    });
    return places;
  }

  private before(token: number): string {
    return this.bytes.subarray(0, this.tokens[token]?.start ?? 0).toString();
  }

  private piece(from: number, to: number): string {
    const first = this.tokens[from];
    const last = this.tokens[to - 1];
    if (!first || !last || to <= from) return '';
    return this.bytes.subarray(first.start, last.end).toString();
  }
}

function isWord({ text, keywordName }: Pick<Token, 'text' | 'keywordName'>, name: string): boolean {
  if (name === ';') return text === ';';
  return keywordName !== 'NO_KEYWORD' && text.toUpperCase() === name;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
