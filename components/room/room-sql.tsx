'use client';

import { createContext, type ReactNode, useContext } from 'react';
import { plainLines, type SqlLine } from '@/components/ui/sql-tokens';
import type { PlanStep } from '@/lib/core/plan';

/** Statements in colour, by the SHA-256 of their rollback file: made on the server with the page. */
export type RoomSql = Readonly<Record<string, readonly SqlLine[][]>>;

const SqlContext = createContext<RoomSql>({});

export function RoomSqlProvider({ sql, children }: { sql: RoomSql; children: ReactNode }) {
  return <SqlContext value={sql}>{children}</SqlContext>;
}

/**
 * The lines of a statement, with the semicolon that ends it in the file. Without colour when the
 * plan was pinned again after the page was made.
 */
export function useStatementLines(): (step: PlanStep, index: number) => SqlLine[] {
  const sql = useContext(SqlContext);
  return (step, index) => {
    const lines =
      sql[step.rollbackSha256]?.[index] ?? plainLines(step.statements[index]?.text ?? '');
    const last = lines.at(-1) ?? [];
    return [...lines.slice(0, -1), [...last, { text: ';' }]];
  };
}

/** A statement on one line, for a list; white space between its words does not matter there. */
export function oneLine(lines: readonly SqlLine[]): SqlLine {
  const joined = lines.flatMap((line, index) => (index === 0 ? line : [{ text: ' ' }, ...line]));
  return joined.map((token) =>
    token.kind === 'str' ? token : { ...token, text: token.text.replace(/\s+/g, ' ') },
  );
}
