import type { RoomSql } from '@/components/room/room-sql';
import { highlightSql } from '@/components/ui/highlight-sql';
import { plainLines, type SqlLine } from '@/components/ui/sql-tokens';
import type { Plan } from '@/lib/core/plan';

/** Colours for more than this would hold up the page; the rest is shown plain. */
const MOST_CHARACTERS = 200_000;

/** The statements of a plan as coloured tokens, by the SHA-256 of their rollback file. */
export async function highlightPlan(plan: Plan): Promise<RoomSql> {
  const sql: Record<string, SqlLine[][]> = {};
  let characters = 0;
  for (const step of plan.steps) {
    const lines: SqlLine[][] = [];
    for (const statement of step.statements) {
      characters += statement.text.length;
      if (characters > MOST_CHARACTERS) break;
      lines.push(await coloured(statement.text));
    }
    sql[step.rollbackSha256] = lines;
  }
  return sql;
}

/** Colour is decoration: a highlighter that stumbles must not cost anybody the room. */
async function coloured(text: string): Promise<SqlLine[]> {
  try {
    return await highlightSql(text);
  } catch {
    return plainLines(text);
  }
}
