import type { Node, RangeVar } from 'libpg-query';
import type { PostgresParser } from './postgres-parser';
import { stringsOf } from './syntax-tree';

/** A name in a script, resolved as far as the script alone allows. */
export interface ResolvedName {
  schema: string;
  name: string;
  /** As PostgreSQL prints it: `public.rooms`, `public."Rooms"`. */
  qualified: string;
  /** For labels: without `public`. */
  short: string;
  /** The script wrote the schema. */
  explicit: boolean;
}

/** Resolves names the way the run's session will: an unqualified one is looked for in `public`. */
export class RelationNames {
  private schema = 'public';
  private readonly quoted = new Map<string, string>();

  constructor(private parser: PostgresParser) {}

  /** Goes on with another parser, after the first has overflowed. */
  continueWith(parser: PostgresParser): void {
    this.parser = parser;
  }

  /** Follows a `SET search_path` of the script; its first schema is where bare names are looked for. */
  follow(statement: Node): void {
    if (!('VariableSetStmt' in statement)) return;
    const { kind, name, args } = statement.VariableSetStmt;
    if (kind === 'VAR_RESET_ALL') this.schema = 'public';
    if (name !== 'search_path') return;
    const schemas = kind === 'VAR_SET_VALUE' ? stringsOf(args) : [];
    this.schema = schemas.find((schema) => schema !== '' && schema !== '$user') ?? 'public';
  }

  ofRange(range: RangeVar): ResolvedName {
    return this.resolve(range.schemaname, range.relname ?? '');
  }

  /** A dotted name: `[schema, name]`, `[name]`, `[catalog, schema, name]`. */
  ofParts(parts: readonly string[]): ResolvedName {
    return this.resolve(parts.at(-2), parts.at(-1) ?? '');
  }

  /** An identifier quoted where PostgreSQL's quote_ident would quote it. */
  quote(identifier: string): string {
    let quoted = this.quoted.get(identifier);
    if (quoted === undefined) {
      quoted = this.isPlain(identifier) ? identifier : `"${identifier.replaceAll('"', '""')}"`;
      this.quoted.set(identifier, quoted);
    }
    return quoted;
  }

  private resolve(schema: string | undefined, name: string): ResolvedName {
    const resolved = schema ?? this.schema;
    const qualified = `${this.quote(resolved)}.${this.quote(name)}`;
    return {
      schema: resolved,
      name,
      qualified,
      short: resolved === 'public' ? this.quote(name) : qualified,
      explicit: schema !== undefined,
    };
  }

  private isPlain(identifier: string): boolean {
    if (!/^[a-z_][a-z0-9_]*$/.test(identifier)) return false;
    const keyword = this.parser.tokens(identifier)?.[0]?.keywordName;
    return keyword === 'NO_KEYWORD' || keyword === 'UNRESERVED_KEYWORD';
  }
}
