import { and, eq, inArray, ne } from 'drizzle-orm';
import pg from 'pg';
import { z } from 'zod';
import { appendAudit } from '@/lib/audit';
import { backupLabel, type Ctx, findBackup, inTransaction, tables } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError, ConflictError } from '@/lib/core/errors';
import type { TargetConfig } from '@/lib/core/policy';
import {
  OPEN_RESTORE_STATUSES,
  RESTORE_WAYS,
  type RestoreWay,
  restoreLabel,
} from '@/lib/core/restore';
import { isStorable } from '@/lib/core/storable-text';
import { type DatabaseIdentity, readIdentity, SQLSTATE, withTarget } from '@/lib/target';
import { appendRestoreEvent } from './change-status';
import { type Examination, examineInPlace } from './in-place/examine';
import { levelsOf } from './levels';
import { backupProblem, busyWith, requireTarget } from './restore-facts';
import { readRights } from './rights';

const { backups, restores } = tables;

export const createRestoreInput = z.object({
  target: z.string().min(1).max(200).refine(isStorable),
  /** `B-0003` */
  backup: z.string().max(20),
  reason: z.string().trim().min(1, 'Say why it is restored.').max(2_000).refine(isStorable),
  /** In place only where the role may not create databases, or not rename the target's. */
  way: z.enum(RESTORE_WAYS).default('beside'),
  incident: z.string().trim().max(200).refine(isStorable).optional(),
});

/**
 * Creates an emergency restore of a target from one of its backups. Nothing happens on any server yet.
 * @throws BackstepError `forbidden`, `not_found`, `refused` when the backup is not one of this very
 *   database or can't be restored, `conflict` when another restore is open, `target_unreachable`
 */
export async function createRestore(
  ctx: Ctx,
  input: z.input<typeof createRestoreInput>,
): Promise<{ id: number; label: string }> {
  requirePermission(ctx.actor, 'restore.create');
  const { actor } = ctx;
  if (actor.kind !== 'user')
    throw new BackstepError('forbidden', 'A restore is begun in the name of a person.');
  const target = requireTarget(ctx, input.target, 'the restore');
  const backupId = findBackup(input.backup);
  const live = await readLive(target, input.way ?? 'beside');
  try {
    return await inTransaction(ctx, (tx) =>
      insert(tx, actor.id, { ...input, backupId }, target, live),
    );
  } catch (cause) {
    if (isOneOpen(cause)) throw await otherOpen(ctx, target.name);
    throw cause;
  }
}

interface Live {
  identity: DatabaseIdentity;
  oid: number;
  /** Null for the way beside. */
  inPlace: Examination | null;
}

/** With `url`: behind `read_url` may be a standby. */
async function readLive(target: TargetConfig, way: RestoreWay): Promise<Live> {
  const primary = { ...target, readUrl: target.url };
  return withTarget(primary, 'read', async (client) => {
    const identity = await readIdentity(client);
    if (identity.inRecovery)
      throw new BackstepError(
        'refused',
        `'${target.name}' leads to a standby. Write the primary's address into the target's url.`,
      );
    const { rows } = await client.query<{ oid: string }>(
      'SELECT d.oid::int8 AS oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()',
    );
    const oid = Number(rows[0]?.oid);
    if (way === 'beside') return { identity, oid, inPlace: null };
    const { createdb, owns } = await readRights(client);
    if (createdb && owns)
      throw new BackstepError(
        'refused',
        `The role of '${target.name}' may create a database beside the present one and rename both. Restore it there: nothing of the present one is touched then.`,
      );
    return { identity, oid, inPlace: await examineInPlace(client) };
  });
}

async function insert(
  tx: Ctx,
  actorId: string,
  input: z.input<typeof createRestoreInput> & { backupId: number },
  target: TargetConfig,
  { identity, oid, inPlace }: Live,
): Promise<{ id: number; label: string }> {
  // Locked against pruning: its bytes may not go while a restore is being created from it.
  const [backup] = await tx.db
    .select()
    .from(backups)
    .where(eq(backups.id, input.backupId))
    .for('update');
  if (!backup) throw new BackstepError('not_found', `${input.backup} does not exist.`);
  const problem =
    backupProblem(backup) ??
    mismatch(backup, identity, target) ??
    (inPlace ? await inPlaceProblem(tx, backup, inPlace) : null);
  if (problem) throw new BackstepError('refused', problem);
  const busy = await busyWith(tx, target.name, null);
  if (busy) throw new BackstepError('gate_closed', `${busy} Create the restore afterwards.`);
  if (await openRestoreOf(tx, target.name)) throw await otherOpen(tx, target.name);
  const [row] = await tx.db
    .insert(restores)
    .values({
      target: target.name,
      environment: target.environment,
      backupId: backup.id,
      way: inPlace ? 'in_place' : 'beside',
      reason: input.reason,
      incident: input.incident || null,
      requestedBy: actorId,
      presentDatabase: identity.name,
      presentOid: oid,
      systemIdentifier: identity.systemIdentifier,
    })
    .returning({ id: restores.id });
  if (!row) throw new Error('the restore was not inserted');
  const label = restoreLabel(row.id);
  await appendRestoreEvent(tx, row.id, 'restore.created', { backup: backupLabel(backup.id) });
  await appendAudit(tx, {
    action: 'restore.create',
    subject: label,
    target: target.name,
    outcome: 'done',
    payload: {
      backup: backupLabel(backup.id),
      manifestSha256: backup.manifestSha256,
      reason: input.reason,
      incident: input.incident || null,
      way: inPlace ? 'in_place' : 'beside',
      ...(inPlace && { schemas: inPlace.schemas.map(({ name }) => name) }),
    },
  });
  return { id: row.id, label };
}

async function inPlaceProblem(
  tx: Ctx,
  backup: typeof backups.$inferSelect,
  { problems }: Examination,
): Promise<string | null> {
  if (problems.length > 0) return problems.join(' ');
  const level = (await levelsOf(tx, [backup])).get(backup.id);
  return level === 'restored' ? null : notTested(backupLabel(backup.id));
}

/** Why a backup is not one of this very database, or can't go back into its server; null: it is, and can. */
export function mismatch(
  backup: Pick<typeof backups.$inferSelect, 'id' | 'target' | 'manifest'>,
  identity: Pick<
    DatabaseIdentity,
    'systemIdentifier' | 'name' | 'serverVersionNum' | 'serverVersion'
  >,
  target: Pick<TargetConfig, 'name'>,
): string | null {
  const label = backupLabel(backup.id);
  if (backup.target !== target.name)
    return `${label} is a backup of ${backup.target}, not of ${target.name}.`;
  const { database } = backup.manifest ?? {};
  if (!database) return `${label} does not say which database it is of.`;
  if (database.systemIdentifier !== identity.systemIdentifier || database.name !== identity.name)
    return `${label} is of the database ${database.name} on the server with system identifier ${database.systemIdentifier}; ${target.name} is ${identity.name} on ${identity.systemIdentifier}. Choose a backup of this database.`;
  const major = (versionNum: number) => Math.trunc(versionNum / 10_000);
  if (major(database.serverVersionNum) > major(identity.serverVersionNum))
    return `${label} was dumped from PostgreSQL ${major(database.serverVersionNum)}, and the server is ${identity.serverVersion}, which is older and may not understand it. Choose another backup, or upgrade the server.`;
  return null;
}

/** Less can be verified in place before it is done, so the backup must have shown that it can be restored. */
export const notTested = (label: string): string =>
  `${label} has not been restored to test it, which a restore in place asks for. Test it on its page, or choose another backup.`;

/** Label of the restore of a target that is not over; null when there is none. */
export async function openRestoreOf(
  ctx: Pick<Ctx, 'db'>,
  target: string,
  except = 0,
): Promise<string | null> {
  const [open] = await ctx.db
    .select({ id: restores.id })
    .from(restores)
    .where(
      and(
        eq(restores.target, target),
        inArray(restores.status, [...OPEN_RESTORE_STATUSES]),
        ne(restores.id, except),
      ),
    )
    .limit(1);
  return open ? restoreLabel(open.id) : null;
}

async function otherOpen(ctx: Pick<Ctx, 'db'>, target: string): Promise<ConflictError> {
  const label = await openRestoreOf(ctx, target);
  return new ConflictError(
    `${label ?? 'Another restore'} of ${target} is open. Go on with that one, or cancel it first.`,
  );
}

/** Of two at once, the unique index lets the first in. */
export function isOneOpen(cause: unknown): boolean {
  const error = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return (
    error instanceof pg.DatabaseError &&
    error.code === SQLSTATE.uniqueViolation &&
    error.constraint === 'restores_one_open_per_target'
  );
}
