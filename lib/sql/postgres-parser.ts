import type { Node } from 'libpg-query';
import createModule from 'libpg-query/wasm/libpg-query.js';

/**
 * PostgreSQL's own parser, compiled to WebAssembly by libpg-query.
 *
 * libpg-query's JavaScript front keeps one instance for ever. An expression that nests too deeply
 * overflows the stack inside that instance and leaves its stack pointer behind; after a few dozen of
 * these every later parse fails with a memory error. So this file drives the WebAssembly itself and
 * throws an instance away once it has overflowed or grown.
 */
export interface PostgresParser {
  /**
   * Parses a whole script. Offsets are bytes of the UTF-8 text.
   * @throws ParserOverflow
   */
  parse(text: string): ParseOutcome;
  /**
   * Parses the PL/pgSQL body of one DO or CREATE FUNCTION statement.
   * @returns undefined when it can't: a syntax error, or a type that only a catalog knows
   * @throws ParserOverflow
   */
  parseRoutine(statement: string): unknown;
  /**
   * Cuts text into tokens, comments included.
   * @returns undefined when the text has an unterminated quote or comment
   * @throws ParserOverflow
   */
  tokens(text: string): Token[] | undefined;
}

export interface RawStatement {
  node: Node;
  /** Byte offsets; `end` is before the semicolon. */
  start: number;
  end: number;
}

export type ParseOutcome =
  | { ok: true; statements: RawStatement[] }
  /** `offset` in bytes. */
  | { ok: false; message: string; offset: number };

export interface Token {
  /** Byte offsets. */
  start: number;
  end: number;
  text: string;
  tokenName: string;
  keywordName: string;
}

/** The text nests deeper, or is bigger, than the parser's stack and memory allow. */
export class ParserOverflow extends Error {
  override readonly name = 'ParserOverflow';
}

type Module = Awaited<ReturnType<typeof createModule>>;

/** WebAssembly memory never shrinks; an instance that has grown past this is replaced. */
const MAX_KEPT_HEAP_BYTES = 256 * 1024 * 1024;

/** Bundlers may give two copies of this module to one process; the instance is shared all the same. */
const SHARED = Symbol.for('backstep.postgres-parser');
const shared = globalThis as typeof globalThis & { [SHARED]?: Promise<Module> };

/** The parser; the first call in a process takes some 25 ms. */
export async function loadParser(): Promise<PostgresParser> {
  shared[SHARED] ??= createModule();
  const instance = shared[SHARED];
  const discard = () => {
    if (shared[SHARED] === instance) shared[SHARED] = undefined;
  };
  const module = await instance.catch((error: unknown) => {
    discard();
    throw error;
  });
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      discard();
      throw new ParserOverflow('The parser ran out of stack or memory.', { cause });
    } finally {
      if (module.HEAPU8.length > MAX_KEPT_HEAP_BYTES) discard();
    }
  };
  return {
    parse: (text) => guarded(() => parse(module, text)),
    parseRoutine: (statement) =>
      guarded(() => jsonOrUndefined(call(module, module._wasm_parse_plpgsql, statement))),
    tokens: (text) =>
      guarded(() => {
        const scanned = jsonOrUndefined(call(module, module._wasm_scan, text));
        return (scanned as { tokens?: Token[] } | undefined)?.tokens;
      }),
  };
}

function withText<T>(module: Module, text: string, work: (pointer: number) => T): T {
  const size = module.lengthBytesUTF8(text) + 1;
  const pointer = module._malloc(size);
  try {
    module.stringToUTF8(text, pointer, size);
    return work(pointer);
  } finally {
    module._free(pointer);
  }
}

/** Runs a function that answers with a string of its own. */
function call(module: Module, run: (query: number) => number, text: string): string {
  return withText(module, text, (pointer) => {
    const answer = run(pointer);
    try {
      return module.UTF8ToString(answer);
    } finally {
      module._wasm_free_string(answer);
    }
  });
}

/** These functions answer with a JSON object, or with the text of an error. */
function jsonOrUndefined(answer: string): unknown {
  return answer.startsWith('{') ? JSON.parse(answer) : undefined;
}

/** PgQueryParseResult is { char *tree; char *stderr; PgQueryError *error }. */
function parse(module: Module, text: string): ParseOutcome {
  return withText(module, text, (pointer) => {
    const result = module._wasm_parse_query_raw(pointer);
    if (!result) throw new Error('out of memory');
    try {
      const error = module.getValue(result + 8, 'i32');
      if (error) return readError(module, error, text);
      const tree = module.UTF8ToString(module.getValue(result, 'i32'));
      return { ok: true, statements: readStatements(tree, Buffer.byteLength(text)) };
    } finally {
      module._wasm_free_parse_result(result);
    }
  });
}

/** PgQueryError is { char *message; char *function; char *file; int line; int cursor; … }. */
function readError(module: Module, error: number, text: string): ParseOutcome {
  const message = module.UTF8ToString(module.getValue(error, 'i32'));
  const character = Math.max(module.getValue(error + 16, 'i32') - 1, 0);
  return { ok: false, message, offset: byteOffset(text, character) };
}

/** PostgreSQL counts an error's position in characters, but a statement's location in bytes. */
function byteOffset(text: string, characters: number): number {
  let units = 0;
  for (let left = characters; left > 0 && units < text.length; left -= 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return Buffer.byteLength(text.slice(0, units));
}

interface RawTree {
  stmts?: { stmt: Node; stmt_location?: number; stmt_len?: number }[];
}

function readStatements(tree: string, size: number): RawStatement[] {
  const parsed = JSON.parse(tree) as RawTree;
  return (parsed.stmts ?? []).map(({ stmt, stmt_location: start = 0, stmt_len: length }) => ({
    node: stmt,
    start,
    // No length means: up to the end of the text.
    end: length ? start + length : size,
  }));
}
