import type { Node, RangeVar, WithClause } from 'libpg-query';

/**
 * Every relation that a statement says by name in any of its clauses: what it writes, what it reads, what
 * a foreign key or a view refers to. Names of WITH queries are none. Without recursion: a generated
 * expression may nest thousands deep.
 */
export function* rangesIn(root: Node): Generator<RangeVar> {
  const pending: { value: unknown; local: ReadonlySet<string> }[] = [
    { value: root, local: new Set() },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, local } = next;
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i -= 1) pending.push({ value: value[i], local });
      continue;
    }
    if (typeof value !== 'object' || value === null) continue;
    if (isRange(value)) {
      if (value.schemaname !== undefined || !local.has(value.relname)) yield value;
      continue;
    }
    const { withClause, ...rest } = value as { withClause?: WithClause };
    const inner = withClause ? new Set([...local, ...namesOf(withClause)]) : local;
    for (const child of Object.values(rest).reverse()) {
      if (typeof child === 'object') pending.push({ value: child, local: inner });
    }
    if (withClause) pending.push(...queriesOf(withClause, local, inner));
  }
}

function isRange(value: object): value is RangeVar & { relname: string } {
  return 'relname' in value && typeof value.relname === 'string';
}

function namesOf({ ctes }: WithClause): string[] {
  return (ctes ?? []).flatMap((node) =>
    'CommonTableExpr' in node ? [node.CommonTableExpr.ctename ?? ''] : [],
  );
}

/** A WITH query sees those before it; with RECURSIVE all of them, itself included. */
function queriesOf(clause: WithClause, outer: ReadonlySet<string>, all: ReadonlySet<string>) {
  const seen = new Set(outer);
  return (clause.ctes ?? []).map((node) => {
    const local = clause.recursive ? all : new Set(seen);
    if ('CommonTableExpr' in node) seen.add(node.CommonTableExpr.ctename ?? '');
    return { value: node as unknown, local };
  });
}
