import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { ReappliedRow } from '@/lib/core/events';
import { rollbacks, users } from './base-schema';
import { at, backstep } from './columns';
import { restores } from './restore-schema';

/** What keeps newer images from migrating a target up again, after a rollback or a restore. */
export const fences = backstep.table(
  'fences',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    target: text('target').notNull(),
    /** The rollback or the restore after which it was raised: one of the two. */
    rollbackId: integer('rollback_id').references(() => rollbacks.id),
    restoreId: integer('restore_id').references(() => restores.id),
    headTag: text('head_tag').notNull(),
    kind: text('kind').$type<'trigger' | 'watch'>().notNull().default('trigger'),
    why: text('why'),
    /** Refused boots, as the counter on the target stood at the last look. */
    refusals: integer('refusals').notNull().default(0),
    lastRefusedAt: at('last_refused_at'),
    lookedAt: at('looked_at'),
    lookError: text('look_error'),
    removedByHandAt: at('removed_by_hand_at'),
    reapplied: jsonb('reapplied').$type<ReappliedRow[]>().notNull().default([]),
    raisedAt: at('raised_at').notNull().defaultNow(),
    releaseRequestedAt: at('release_requested_at'),
    releaseRequestedBy: uuid('release_requested_by').references(() => users.id),
    releasedAt: at('released_at'),
    releaseError: text('release_error'),
  },
  (t) => [
    uniqueIndex('fences_rollback_key').on(t.rollbackId),
    uniqueIndex('fences_restore_key').on(t.restoreId),
    index('fences_target_idx').on(t.target),
    check('fences_origin_check', sql`num_nonnulls(${t.rollbackId}, ${t.restoreId}) = 1`),
    check('fences_kind_check', sql`${t.kind} in ('trigger', 'watch')`),
  ],
);
