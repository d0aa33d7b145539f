import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Actor } from '@/lib/core/actor';
import type { Plan } from '@/lib/core/plan';
import type { Config } from '@/lib/core/policy';
import type { RollbackStatus } from '@/lib/core/rollback';
import { type Control, type Ctx, tables } from '..';

/** A context for tests: nothing configured, Backstep itself acting unless somebody else is given. */
export function testContext(control: Control, more: { actor?: Actor; config?: Config } = {}): Ctx {
  return {
    actor: more.actor ?? { kind: 'system', id: 'backstep', name: 'Backstep' },
    requestId: randomUUID(),
    db: control.db,
    config: more.config ?? {
      path: 'test.yaml',
      targets: [],
      backups: { directory: '/nowhere', jobs: 1 },
      clientTools: undefined,
    },
  };
}

/**
 * Writes what the control database's triggers refuse to everybody but its superuser: a rollback in the
 * middle of its life, or a plan that was changed behind Backstep's back.
 */
export function pastGuards<T>(
  control: Pick<Control, 'db'>,
  work: (db: Ctx['db']) => Promise<T>,
): Promise<T> {
  return control.db.transaction(async (db) => {
    await db.execute(sql`SET LOCAL session_replication_role = replica`);
    return work(db);
  });
}

/** A rollback with an empty plan, for tests that are not about plans. @returns its number */
export async function insertRollback(
  control: Control,
  more: { status?: RollbackStatus; target?: string } = {},
): Promise<number> {
  const [user] = await control.db
    .insert(tables.users)
    .values({
      email: `${randomUUID()}@example.com`,
      name: 'Maya',
      role: 'on_call',
      passwordHash: 'x',
    })
    .returning({ id: tables.users.id });
  const [rollback] = await pastGuards(control, (db) =>
    db
      .insert(tables.rollbacks)
      .values({
        target: more.target ?? 'a-target',
        environment: 'staging',
        reason: 'a reason',
        requestedBy: user?.id ?? '',
        status: more.status ?? 'draft',
        plan: {} as Plan,
        planDigest: 'digest',
        stepsTotal: 3,
      })
      .returning({ id: tables.rollbacks.id }),
  );
  if (!rollback) throw new Error('the rollback was not inserted');
  return rollback.id;
}
