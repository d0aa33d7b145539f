import type { ParsedScript, ScriptRefusal, Statement } from '@/lib/core/statement';
import { type ExecutedNode, executedNodes } from './executed-nodes';
import { hazardsOf } from './hazards';
import { noOpReason } from './no-op-marker';
import { cachedParse } from './parse-cache';
import {
  loadParser,
  ParserOverflow,
  type PostgresParser,
  type RawStatement,
} from './postgres-parser';
import { parseReadable } from './readable-script';
import { refusalOf } from './refusals';
import { RelationNames } from './relation-names';
import { readSource, type ScriptSource } from './script-source';
import { kindOf } from './syntax-tree';
import { unwrapTransaction } from './transaction-wrapper';

export interface ScriptContext {
  /** The target's tracking table, which a script may delete from and nothing else. */
  tracking: { schema: string; table: string };
}

/**
 * Reads a rollback script: cuts it into statements with PostgreSQL's own parser, says what each of them
 * endangers, and refuses what must not run. A script that is bad in any way gives `ok: false` with every
 * reason found; this function throws only when the parser itself can't be loaded.
 *
 * The result is frozen: the same bytes give the same object again.
 */
export async function parseScript(
  bytes: Uint8Array,
  context: ScriptContext,
): Promise<ParsedScript> {
  return cachedParse(bytes, context, async () => {
    const source = readSource(bytes);
    if ('code' in source) return { ok: false, refusals: [source] };
    const parser = await loadParser();
    try {
      return readStatements(parser, source, context);
    } catch (error) {
      if (!(error instanceof ParserOverflow)) throw error;
      return { ok: false, refusals: [overflow] };
    }
  });
}

const overflow: ScriptRefusal = {
  code: 'too_large',
  line: undefined,
  message:
    'An expression in the script nests too deeply for PostgreSQL’s parser. Split it into several statements.',
};

function readStatements(
  parser: PostgresParser,
  source: ScriptSource,
  { tracking }: ScriptContext,
): ParsedScript {
  const { outcome, refusals } = parseReadable(parser, source);
  if (!outcome.ok) return { ok: false, refusals };
  const { statements: raw, unwrapped } = unwrapTransaction(outcome.statements);
  const remarks: string[] = [];
  if (source.hadByteOrderMark) remarks.push('A byte order mark at the start was taken off.');
  if (unwrapped) {
    remarks.push(
      'BEGIN and COMMIT around the script were taken off: the run has its own transaction.',
    );
  }

  const names = new RelationNames(parser);
  const statements = raw.map((found, index): Statement => {
    const line = source.lineAt(found.start);
    const text = textOf(source, found);
    const executed = [...executedNodes(parser, text, found.node, line)];
    refusals.push(...refusalsOf(executed, { names, tracking }));
    const hazards = hazardsOf(
      executed.flatMap(({ node }) => (node ? [node] : [])),
      names,
    );
    names.follow(found.node);
    return { index, text, line, kind: kindOf(found.node), transactional: true, hazards };
  });

  if (statements.length === 0 && refusals.length === 0) {
    const reason = noOpReason(parser, source.text);
    if (reason === undefined) return { ok: false, refusals: [empty] };
    remarks.push(`No statements, on purpose: ${reason}`);
  }
  if (refusals.length > 0) return { ok: false, refusals: byLine(refusals) };
  return { ok: true, statements, unwrapped, remarks };
}

const empty: ScriptRefusal = {
  code: 'empty',
  line: undefined,
  message:
    'The script has no statements. If nothing is to be undone, say so in it: -- backstep: no-op because <reason>',
};

/** What PostgreSQL calls space. A no-break space is a letter to it, so `trim` would cut too much. */
const SURROUNDING_SPACE = /^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g;

/** The statement's bytes as they stand in the file; the parser's range starts after leading comments. */
function textOf(source: ScriptSource, { start, end }: RawStatement): string {
  return source.bytes.subarray(start, end).toString().replace(SURROUNDING_SPACE, '');
}

/** One refusal of a kind for each line is enough: PREPARE … AS INSERT is one fault, not two. */
function refusalsOf(
  executed: readonly ExecutedNode[],
  context: Parameters<typeof refusalOf>[1],
): ScriptRefusal[] {
  const found = new Map<string, ScriptRefusal>();
  for (const node of executed) {
    const refusal = refusalOf(node, context);
    if (refusal) found.set(`${refusal.code} ${refusal.line} ${refusal.message}`, refusal);
  }
  return [...found.values()];
}

function byLine(refusals: ScriptRefusal[]): ScriptRefusal[] {
  return refusals.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
