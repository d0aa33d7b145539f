import { randomUUID } from 'node:crypto';
import { type Control, type Ctx, migrateControl, openControl, tables } from '@/lib/control';
import { type Actor, ROLES, type Role } from '@/lib/core/actor';
import type { TargetConfig } from '@/lib/core/policy';
import { createTestDatabase } from '@/lib/testing/database';

export type Person = Actor & { kind: 'user' };

/** A control database for tests, with one person of each role. */
export interface SampleControl {
  control: Control;
  people: Record<Role, Person>;
  /** What a verb gets when this actor calls it. */
  as(actor: Actor, ...targets: TargetConfig[]): Ctx;
  dispose(): Promise<void>;
}

export async function createSampleControl(): Promise<SampleControl> {
  const database = await createTestDatabase();
  await migrateControl(database.url, process.cwd());
  const control = openControl(database.url, { max: 6 });
  const people: Partial<Record<Role, Person>> = {};
  for (const role of ROLES) people[role] = await addPerson(control, role);
  return {
    control,
    people: people as Record<Role, Person>,
    as: (actor, ...targets) => ({
      actor,
      requestId: randomUUID(),
      db: control.db,
      config: {
        path: '/srv/backstep.config.yaml',
        targets,
        backups: { directory: '/srv/backups', jobs: 1 },
        clientTools: undefined,
      },
    }),
    async dispose() {
      await control.close();
      await database.drop();
    },
  };
}

export async function addPerson(control: Control, role: Role): Promise<Person> {
  const [row] = await control.db
    .insert(tables.users)
    .values({
      email: `${role}-${randomUUID()}@example.com`,
      name: `Sample ${role}`,
      role,
      passwordHash: '-',
    })
    .returning({ id: tables.users.id, email: tables.users.email, name: tables.users.name });
  if (!row) throw new Error('the person was not inserted');
  return { kind: 'user', role, ...row };
}
