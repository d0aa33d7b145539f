import { z } from 'zod';

/** In the comment on each copy: the control database may have missed that the copy was made. */
const FORMAT = 'backstep.rescue/1';

const factsOfCopy = z.object({
  format: z.literal(FORMAT),
  rollback: z.string(),
  position: z.number(),
  statementIndex: z.number(),
  kind: z.enum(['table', 'columns', 'rows']),
  subject: z.string(),
  /** Names and types of its columns, for what is copied later to fit. */
  shape: z.string(),
  rows: z.number(),
  mergeSql: z.string(),
  createdAt: z.string(),
});

export type CopyFacts = Omit<z.infer<typeof factsOfCopy>, 'format'>;

/** The facts as the comment holds them. */
export function factsComment(facts: CopyFacts): string {
  return JSON.stringify({ format: FORMAT, ...facts });
}

/** What a comment tells; undefined for a table that somebody else has put there. */
export function readFacts(comment: string | null): CopyFacts | undefined {
  if (comment === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(comment);
  } catch {
    return undefined;
  }
  const parsed = factsOfCopy.safeParse(value);
  if (!parsed.success) return undefined;
  const { format: _, ...facts } = parsed.data;
  return facts;
}
