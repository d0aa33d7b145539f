import type { Node, RangeVar } from 'libpg-query';

/** A node of the syntax tree with its name taken apart: `{ DropStmt: {…} }` is kind 'DropStmt'. */
export interface TreeNode {
  kind: string;
  node: Node;
}

/** PostgreSQL's node name. */
export function kindOf(node: Node): string {
  return Object.keys(node)[0] ?? 'Unknown';
}

/**
 * All nodes below and including `root`, without recursion: a generated expression may nest thousands
 * deep. Only nodes whose JSON carries their name are visited; a RangeVar in a typed field is not.
 * @param enter false keeps out of that node's children
 */
export function* walk(root: Node, enter: (kind: string) => boolean): Generator<TreeNode> {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i -= 1) pending.push(value[i]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value).reverse()) {
        if (typeof child !== 'object' || child === null) continue;
        if (isNodeName(key)) {
          yield { kind: key, node: value as Node };
          if (!enter(key)) continue;
        }
        pending.push(child);
      }
    }
  }
}

/** Fields are in lower case, node names are not. */
function isNodeName(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** `[{ String: 'a' }, { String: 'b' }]` as plain strings. */
export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => {
    const text = stringOf(node);
    return text === undefined ? [] : [text];
  });
}

/** The text of a String node or a string constant. */
export function stringOf(node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if ('String' in node) return node.String.sval ?? '';
  if ('A_Const' in node) return node.A_Const.sval ? (node.A_Const.sval.sval ?? '') : undefined;
  if ('TypeCast' in node) return stringOf(node.TypeCast.arg);
  return undefined;
}

/** The relations in a list; other nodes are left out. */
export function rangesOf(nodes: readonly Node[] | undefined): RangeVar[] {
  return (nodes ?? []).flatMap((node) => ('RangeVar' in node ? [node.RangeVar] : []));
}
