import type { Node, RangeVar } from 'libpg-query';
import { nextPiece } from './next-piece';
import { RELATIONS } from './object-kinds';
import { BREAKPOINT } from './parse-up';
import { loadParser, ParserOverflow, type PostgresParser } from './postgres-parser';
import { RelationNames } from './relation-names';
import { routineCommands } from './routine-body';
import { cutStatement } from './script-source';
import { stringsOf } from './syntax-tree';
import { rangesIn } from './touched/read-relations';
import { createdRange } from './touched/script-mentions';

/**
 * The tables and views that a script or a migration reads or writes, printed with their schemas and
 * sorted: `public.rooms`, `app."Users"`. Code blocks are looked into as far as the parser can. What
 * PostgreSQL cannot read gives nothing; this throws only when the parser can't be loaded.
 */
export async function relationsOf(script: Uint8Array | string): Promise<string[]> {
  const text = typeof script === 'string' ? script : new TextDecoder().decode(script);
  const found = new Set<string>();
  let parser = await loadParser();
  const reader = new RelationReader(new RelationNames(parser), found);
  for (const chunk of text.split(BREAKPOINT)) {
    try {
      reader.read(parser, chunk);
    } catch (error) {
      if (!(error instanceof ParserOverflow)) throw error;
      parser = await loadParser();
      reader.names.continueWith(parser);
    }
  }
  return [...found].sort();
}

class RelationReader {
  private readonly temporary = new Set<string>();

  constructor(
    readonly names: RelationNames,
    private readonly found: Set<string>,
  ) {}

  /** @throws ParserOverflow */
  read(parser: PostgresParser, text: string): void {
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length; ) {
      const piece = nextPiece(parser, bytes, start);
      if (piece.ok !== true) return;
      for (const statement of piece.statements) {
        this.statement(parser, cutStatement(bytes, statement), statement.node);
        this.names.follow(statement.node);
      }
      start = piece.end;
    }
  }

  private statement(parser: PostgresParser, text: string, node: Node): void {
    this.take(node);
    if (!('DoStmt' in node)) return;
    for (const command of routineCommands(parser, text, node.DoStmt.args ?? [], 1)) {
      if (command.node) this.statement(parser, command.text, command.node);
    }
  }

  private take(node: Node): void {
    const created = createdRange(node);
    if (created?.relpersistence === 't') this.temporary.add(this.names.ofRange(created).qualified);
    for (const name of [...this.ranges(node), ...this.dropped(node)]) {
      if (!this.temporary.has(name)) this.found.add(name);
    }
  }

  private ranges(node: Node): string[] {
    if (!namesRelations(node)) return [];
    return [...rangesIn(node)]
      .filter((range) => !isSystem(range))
      .map((range) => this.names.ofRange(range).qualified);
  }

  private dropped(node: Node): string[] {
    if (!('DropStmt' in node) || !RELATIONS.has(node.DropStmt.removeType ?? '')) return [];
    return (node.DropStmt.objects ?? []).flatMap((object) =>
      'List' in object ? [this.names.ofParts(stringsOf(object.List.items)).qualified] : [],
    );
  }
}

/** A bare `pg_roles` is found in pg_catalog before any other schema. */
function isSystem({ schemaname, relname = '' }: RangeVar): boolean {
  if (schemaname === undefined) return relname.startsWith('pg_');
  return schemaname === 'information_schema' || schemaname.startsWith('pg_');
}

/** A sequence, an index or a composite type is written like a table, and has no rows of one. */
function namesRelations(node: Node): boolean {
  if ('AlterTableStmt' in node) return RELATIONS.has(node.AlterTableStmt.objtype ?? '');
  if ('RenameStmt' in node) {
    const { renameType = '', relationType = '' } = node.RenameStmt;
    return RELATIONS.has(renameType) || RELATIONS.has(relationType) || ON_TABLES.has(renameType);
  }
  if ('AlterObjectSchemaStmt' in node) {
    return RELATIONS.has(node.AlterObjectSchemaStmt.objectType ?? '');
  }
  return !('CreateSeqStmt' in node || 'AlterSeqStmt' in node || 'CompositeTypeStmt' in node);
}

const ON_TABLES = new Set([
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
]);
