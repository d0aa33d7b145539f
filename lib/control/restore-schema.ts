import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type {
  MovedSchema,
  RestoreAct,
  RestoreEvidence,
  RestoreStatus,
  RestoreWay,
} from '@/lib/core/restore';
import { backups, users } from './base-schema';
import { at, backstep, createdAt } from './columns';

/** Emergency restores of targets. */
export const restores = backstep.table(
  'restores',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    target: text('target').notNull(),
    environment: text('environment').notNull(),
    backupId: integer('backup_id')
      .notNull()
      .references(() => backups.id),
    way: text('way').$type<RestoreWay>().notNull().default('beside'),
    reason: text('reason').notNull(),
    incident: text('incident'),
    requestedBy: uuid('requested_by')
      .notNull()
      .references(() => users.id),
    createdAt: createdAt(),
    status: text('status').$type<RestoreStatus>().notNull().default('draft'),
    message: text('message'),
    /** Of what is approved: backup, new database, what was found in it. Null until it is restored. */
    digest: text('digest'),
    /** When somebody asked for the work that is queued or under way. */
    askedAt: at('asked_at').notNull().defaultNow(),
    askedBy: uuid('asked_by').references(() => users.id),
    cancelRequestedBy: uuid('cancel_requested_by').references(() => users.id),
    /** The database that serves under the target's name when the restore begins. */
    presentDatabase: text('present_database').notNull(),
    presentOid: bigint('present_oid', { mode: 'number' }).notNull(),
    systemIdentifier: text('system_identifier').notNull(),
    newDatabase: text('new_database'),
    newOid: bigint('new_oid', { mode: 'number' }),
    /** When the new database was dropped because nobody will have it. */
    newDroppedAt: at('new_dropped_at'),
    /** Under which name the present database is kept after the swap. */
    formerDatabase: text('former_database'),
    /** Its own value of default_transaction_read_only, which is set while it is kept. Null: it had none. */
    formerReadOnly: text('former_read_only'),
    /** Of the way in place: the schemas that move. A database of its own is `newOid`. */
    schemas: jsonb('schemas').$type<MovedSchema[]>(),
    /** The backup of the present state that a swap in place relied on. */
    safetyBackupId: integer('safety_backup_id').references(() => backups.id),
    evidence: jsonb('evidence').$type<RestoreEvidence>(),
    executorId: uuid('executor_id'),
    epoch: integer('epoch').notNull().default(0),
    heartbeatAt: at('heartbeat_at'),
    progress: jsonb('progress').$type<{ phase: string; done: number; total: number }>(),
    approvalRequestedAt: at('approval_requested_at'),
    swappedAt: at('swapped_at'),
    keepUntil: at('keep_until'),
    /** When the former database was asked to be dropped, and why the last attempt failed. */
    formerDropRequestedAt: at('former_drop_requested_at'),
    formerDropError: text('former_drop_error'),
    formerDropRequestedBy: uuid('former_drop_requested_by').references(() => users.id),
    formerDroppedAt: at('former_dropped_at'),
    eventSeq: integer('event_seq').notNull().default(0),
  },
  (t) => [
    index('restores_target_idx').on(t.target, t.id),
    uniqueIndex('restores_one_open_per_target')
      .on(t.target)
      .where(
        sql`${t.status} in ('draft', 'restoring', 'restored', 'failed', 'awaiting_approval', 'approved', 'swapping', 'swapping_back', 'unknown')`,
      ),
    check(
      'restores_status_check',
      sql`${t.status} in ('draft', 'restoring', 'restored', 'failed', 'awaiting_approval', 'approved', 'swapping', 'swapped', 'swapping_back', 'swapped_back', 'unknown', 'rejected', 'cancelled')`,
    ),
    check('restores_way_check', sql`${t.way} in ('beside', 'in_place')`),
    check('restores_reason_check', sql`length(trim(${t.reason})) > 0`),
  ],
);

/** Every act on the server, written before it is done: what a crash leaves is asked for by these. */
export const restoreSteps = backstep.table(
  'restore_steps',
  {
    restoreId: integer('restore_id')
      .notNull()
      .references(() => restores.id),
    seq: integer('seq').notNull(),
    what: text('what').$type<RestoreAct>().notNull(),
    name: text('name').notNull(),
    state: text('state').$type<'intent' | 'done' | 'failed'>().notNull(),
    at: at('at').notNull().default(sql`clock_timestamp()`),
    detail: text('detail'),
    endedAt: at('ended_at'),
  },
  (t) => [
    primaryKey({ columns: [t.restoreId, t.seq] }),
    check('restore_steps_state_check', sql`${t.state} in ('intent', 'done', 'failed')`),
    check(
      'restore_steps_what_check',
      sql`${t.what} in ('restore', 'swap', 'swap_back', 'drop_new', 'drop_former')`,
    ),
  ],
);

export const restoreApprovals = backstep.table(
  'restore_approvals',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    restoreId: integer('restore_id')
      .notNull()
      .references(() => restores.id),
    digest: text('digest').notNull(),
    decision: text('decision').$type<'approved' | 'rejected'>().notNull(),
    comment: text('comment').notNull(),
    decidedBy: uuid('decided_by')
      .notNull()
      .references(() => users.id),
    at: at('at').notNull().defaultNow(),
    voidedAt: at('voided_at'),
    voidReason: text('void_reason'),
  },
  (t) => [
    index('restore_approvals_restore_idx').on(t.restoreId, t.id),
    check('restore_approvals_decision_check', sql`${t.decision} in ('approved', 'rejected')`),
  ],
);

export const restoreEvents = backstep.table(
  'restore_events',
  {
    restoreId: integer('restore_id')
      .notNull()
      .references(() => restores.id),
    seq: integer('seq').notNull(),
    kind: text('kind').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    at: at('at').notNull().default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.restoreId, t.seq] })],
);
