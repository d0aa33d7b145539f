import { pgSchema, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { JobState } from '@/lib/core/evidence';

/**
 * The control database. Everything lives in one schema of its own, so that it can share a database
 * with graphile-worker's schema and nothing else has to move aside.
 */
export const backstep = pgSchema('backstep');

export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });
export const createdAt = () => at('created_at').notNull().defaultNow();

/** Of work that the executor does in the background. */
export const jobColumns = {
  state: text('state').$type<JobState>().notNull().default('queued'),
  executorId: uuid('executor_id'),
  queuedAt: at('queued_at').notNull().defaultNow(),
  startedAt: at('started_at'),
  finishedAt: at('finished_at'),
  error: text('error'),
};
