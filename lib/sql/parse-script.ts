import { setImmediate } from 'node:timers/promises';
import type { TransactionStmt } from 'libpg-query';
import type { ParsedScript, ScriptRefusal, Statement } from '@/lib/core/statement';
import { type ExecutedNode, executedNodes } from './executed-nodes';
import { hazardsOf } from './hazards';
import { noOpReason } from './no-op-marker';
import { nonTransactional } from './non-transactional';
import { cachedParse } from './parse-cache';
import { loadParser, ParserOverflow, type PostgresParser } from './postgres-parser';
import { probeOf } from './probe-of';
import { readableStatements } from './readable-script';
import { refusalOf } from './refusals';
import type { RuleContext } from './refusals/rule';
import { RelationNames } from './relation-names';
import { schemasDroppedWhole } from './schema-drops';
import { cutStatement, readSource, type ScriptSource } from './script-source';
import { ScriptState } from './script-state';
import { kindOf } from './syntax-tree';
import { ScriptMentions } from './touched/script-mentions';
import { isWrapped, transactionOf } from './transaction-wrapper';

export interface ScriptContext {
  /** The target's tracking table, which a script may delete from and nothing else. */
  tracking: { schema: string; table: string };
  /**
   * The type that a column has when the script begins, as PostgreSQL prints it; undefined where nobody
   * knows. The script's own changes are followed. `relation` is schema-qualified, `column` a bare name.
   */
  columnType?(relation: string, column: string): string | undefined;
}

/**
 * Reads a rollback script: cuts it into statements with PostgreSQL's own parser, says what each of them
 * endangers, and refuses what must not run. A script that is bad in any way gives `ok: false` with every
 * reason found; this function throws only when the parser itself can't be loaded.
 *
 * The result is frozen: the same bytes give the same object again. With `columnType`, statements that
 * change types are judged by what they change from.
 */
export async function parseScript(
  bytes: Uint8Array,
  context: ScriptContext,
): Promise<ParsedScript> {
  const kept = await cachedParse(bytes, context, () =>
    readBytes(bytes, { tracking: context.tracking }),
  );
  // Types matter to few scripts; the others are what they are, and are kept.
  return context.columnType && dependsOnTypes(kept) ? readBytes(bytes, context) : kept;
}

async function readBytes(bytes: Uint8Array, context: ScriptContext): Promise<ParsedScript> {
  const source = readSource(bytes);
  if ('code' in source) return { ok: false, refusals: [source] };
  const parser = await loadParser();
  try {
    return await readStatements(parser, source, context);
  } catch (error) {
    if (!(error instanceof ParserOverflow)) throw error;
    return { ok: false, refusals: [overflow] };
  }
}

const MENTIONS_A_CAST = /::|\bcast\b|\bto_char\b/i;

function dependsOnTypes(parsed: ParsedScript): boolean {
  if (!parsed.ok) return false;
  return parsed.statements.some(
    ({ text, hazards }) =>
      hazards.some(({ code }) => code === 'changes_type') || MENTIONS_A_CAST.test(text),
  );
}

const overflow: ScriptRefusal = {
  code: 'too_large',
  line: undefined,
  message:
    'An expression in the script nests too deeply for PostgreSQL’s parser. Split it into several statements.',
};

/** More make a plan that nobody can read, and that no page can show. */
const MAX_STATEMENTS = 50_000;

async function readStatements(
  parser: PostgresParser,
  source: ScriptSource,
  { tracking, columnType }: ScriptContext,
): Promise<ParsedScript> {
  const refusals: ScriptRefusal[] = [];
  const read: ReadStatement[] = [];
  const names = new RelationNames(parser);
  const mentions = new ScriptMentions(names);
  const state = new ScriptState(columnType, mentions.temporary);
  for (const piece of readableStatements(parser, source)) {
    if ('code' in piece) {
      refusals.push(piece);
      continue;
    }
    for (const found of piece) {
      const line = source.lineAt(found.start);
      if (read.length === MAX_STATEMENTS) return { ok: false, refusals: [tooMany(line)] };
      const text = cutStatement(source.bytes, found);
      const executed = [...executedNodes(parser, text, found.node, line)];
      const inBlock = 'DoStmt' in found.node ? 'code block' : undefined;
      const refusedFor = (insideTransaction: RuleContext['insideTransaction']) =>
        refusalsOf(executed, { names, tracking, insideTransaction });
      const dropped = schemasDroppedWhole(executed, names);
      const transactional = !executed.some(({ node }) => node && nonTransactional(node));
      const probe = transactional ? undefined : probeOf(found.node);
      read.push({
        statement: {
          index: read.length,
          text,
          line,
          kind: kindOf(found.node),
          transactional,
          ...(probe && { probe }),
          hazards: hazardsOf({ text, line }, executed, names, state),
          ...(dropped.length > 0 && { dropsSchemas: dropped }),
        },
        transaction: transactionOf(found.node),
        refusals: refusedFor(inBlock),
        wrappedRefusals: transactional ? undefined : refusedFor(inBlock ?? 'wrapper'),
      });
      state.follow(found.node, mentions.of(found.node, executed));
    }
    // A long script takes its time; others want theirs in between.
    await setImmediate();
  }
  return scriptOf(parser, source, read, refusals);
}

/** A statement before it is known whether BEGIN and COMMIT stand around the whole script. */
interface ReadStatement {
  statement: Statement;
  transaction: TransactionStmt | undefined;
  refusals: ScriptRefusal[];
  /** What is refused besides, or instead, between BEGIN and COMMIT. */
  wrappedRefusals: ScriptRefusal[] | undefined;
}

function scriptOf(
  parser: PostgresParser,
  source: ScriptSource,
  read: readonly ReadStatement[],
  unreadable: readonly ScriptRefusal[],
): ParsedScript {
  const unwrapped =
    unreadable.length === 0 && isWrapped(read.map(({ transaction }) => transaction));
  const kept = unwrapped ? read.slice(1, -1) : read;
  const refusals = [
    ...unreadable,
    ...kept.flatMap((one) => (unwrapped && one.wrappedRefusals) || one.refusals),
  ];
  const remarks: string[] = [];
  if (source.hadByteOrderMark) remarks.push('A byte order mark at the start was taken off.');
  if (unwrapped) {
    remarks.push(
      'BEGIN and COMMIT around the script were taken off: the run has its own transaction.',
    );
  }
  if (kept.length === 0 && refusals.length === 0) {
    const reason = noOpReason(parser, source.text);
    if (reason === undefined) return { ok: false, refusals: [empty] };
    remarks.push(`No statements, on purpose: ${reason}`);
  }
  if (refusals.length > 0) return { ok: false, refusals: byLine(refusals) };
  const statements = kept.map(({ statement }, index) => ({ ...statement, index }));
  return { ok: true, statements, unwrapped, remarks };
}

const tooMany = (line: number): ScriptRefusal => ({
  code: 'too_large',
  line,
  message: `The script has more than ${MAX_STATEMENTS} statements. Join them, or move bulk data into a table and copy it from there.`,
});

const empty: ScriptRefusal = {
  code: 'empty',
  line: undefined,
  message:
    'The script has no statements. If nothing is to be undone, say so in it: -- backstep: no-op because <reason>',
};

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
