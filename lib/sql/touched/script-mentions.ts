import type { Node, RangeVar } from 'libpg-query';
import type { ExecutedNode } from '../executed-nodes';
import type { RelationNames } from '../relation-names';
import { mentionsOf, type TouchedObject } from './index';

/** Follows a script statement by statement, for its search_path and its temporary tables. */
export class ScriptMentions {
  /** Temporary relations that the script has made. */
  readonly temporary = new Set<string>();

  constructor(private readonly names: RelationNames) {}

  /** What one statement says by name, where `executed` is everything that runs when it runs. */
  of(root: Node, executed: readonly ExecutedNode[]): TouchedObject[] {
    const found: TouchedObject[] = [];
    for (const { node, line } of executed) {
      if (!node) continue;
      const created = temporaryRange(node);
      if (created) this.temporary.add(this.names.ofRange(created).qualified);
      for (const mention of mentionsOf(node, this.names)) {
        const relation = mention.sort === 'relation' ? mention.name : mention.on;
        if (relation !== undefined && this.temporary.has(relation)) continue;
        found.push({ ...mention, line });
      }
    }
    this.names.follow(root);
    return found;
  }
}

function temporaryRange(node: Node): RangeVar | undefined {
  const range = createdRange(node);
  return range?.relpersistence === 't' ? range : undefined;
}

/** The relation that a statement makes. */
export function createdRange(node: Node): RangeVar | undefined {
  if ('CreateStmt' in node) return node.CreateStmt.relation;
  if ('CreateTableAsStmt' in node) return node.CreateTableAsStmt.into?.rel;
  if ('SelectStmt' in node) return node.SelectStmt.intoClause?.rel;
  if ('ViewStmt' in node) return node.ViewStmt.view;
  if ('CreateSeqStmt' in node) return node.CreateSeqStmt.sequence;
  return undefined;
}
