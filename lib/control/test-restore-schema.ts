import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { BackupRehearsal, RestoredCheck } from '@/lib/core/backup';
import { backups, rollbacks, users } from './base-schema';
import { backstep, jobColumns } from './columns';

/** Restores of backups on the scratch server. The copy is thrown away; what was seen stays. */
export const testRestores = backstep.table(
  'test_restores',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    backupId: integer('backup_id')
      .notNull()
      .references(() => backups.id),
    /** The rollback whose chain is rehearsed on the copy. */
    rollbackId: integer('rollback_id').references(() => rollbacks.id),
    /** Of that rollback's plan. */
    digest: text('digest'),
    /** Null: asked for by Backstep itself, after a backup whose policy wants it. */
    requestedBy: uuid('requested_by').references(() => users.id),
    ...jobColumns,
    progress: jsonb('progress').$type<{ phase: string; done: number; total: number }>(),
    check: jsonb('check').$type<RestoredCheck>(),
    rehearsal: jsonb('rehearsal').$type<BackupRehearsal>(),
  },
  (t) => [
    index('test_restores_backup_idx').on(t.backupId, t.id),
    uniqueIndex('test_restores_one_open')
      .on(t.backupId)
      .where(sql`${t.state} in ('queued', 'running')`),
    check(
      'test_restores_state_check',
      sql`${t.state} in ('queued', 'running', 'passed', 'failed', 'interrupted')`,
    ),
    check('test_restores_digest_check', sql`(${t.rollbackId} is null) = (${t.digest} is null)`),
  ],
);
