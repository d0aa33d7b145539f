import { randomBytes } from 'node:crypto';
import { desc, sql } from 'drizzle-orm';
import pg from 'pg';
import { requestTargetBackup } from '@/lib/backup';
import { perform } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import type { RestoredCheck } from '@/lib/core/backup';
import type { Policy } from '@/lib/core/policy';
import { adminUrl } from '@/lib/testing/database';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { takeSafetyBackup } from '..';
import { createRestoreRoom, type RestoreRoom } from '../restore-room.fixture';

/** A target whose role owns all that is in the database, and may create no other database. */
export interface InPlaceRoom extends RestoreRoom {
  role: string;
  /** Everything in the target belongs to the role, as if it had made it. */
  own(): Promise<void>;
  /** Takes the backup of the present state that a swap needs. */
  safety(label: string): Promise<number>;
  /** As if the backup had been restored on a scratch server. */
  passTest(backupId: number): Promise<void>;
  /** Restored, with a backup of the present state from before, and swapped in. */
  swappedIn(): Promise<{ id: number; label: string; digest: string }>;
  /** Schemas of the target that are not PostgreSQL's. */
  schemas(): Promise<string[]>;
}

const OWNED = `
  SELECT format('ALTER SCHEMA %I OWNER TO $', nspname) AS sql FROM pg_namespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
     AND (nspname <> 'public' OR NOT pg_has_role('$', nspowner, 'USAGE'))
   UNION ALL
  SELECT format('ALTER %s %I.%I OWNER TO $',
                CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                  WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND (c.relkind IN ('r', 'p', 'v', 'm') OR c.relkind = 'S' AND NOT EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.refobjsubid > 0))
   UNION ALL
  SELECT format('ALTER ROUTINE %s OWNER TO $', p.oid::regprocedure)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   UNION ALL
  SELECT format('ALTER TYPE %s OWNER TO $', t.oid::regtype)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND t.typtype IN ('e', 'd', 'b') AND t.typelem = 0
   UNION ALL
  SELECT format('ALTER OPERATOR %s OWNER TO $', o.oid::regoperator)
    FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE n.nspname !~ '^pg_'
   UNION ALL
  SELECT format('ALTER OPERATOR CLASS %I.%I USING %I OWNER TO $', n.nspname, o.opcname, m.amname)
    FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
   WHERE n.nspname !~ '^pg_'
   UNION ALL
  SELECT format('ALTER OPERATOR FAMILY %I.%I USING %I OWNER TO $', n.nspname, o.opfname, m.amname)
    FROM pg_opfamily o JOIN pg_namespace n ON n.oid = o.opfnamespace JOIN pg_am m ON m.oid = o.opfmethod
   WHERE n.nspname !~ '^pg_'
   UNION ALL
  SELECT format('UPDATE pg_extension SET extowner = ''$''::regrole WHERE extname = %L', extname)
    FROM pg_extension WHERE extname <> 'plpgsql'`;

async function ownAll({ live }: PlannedRollback, role: string): Promise<void> {
  const client = await live.connect();
  try {
    const { rows } = await client.query<{ sql: string }>(
      OWNED.replace("pg_has_role('$'", `pg_has_role('${role}'`),
    );
    for (const row of rows)
      await client.query(
        row.sql.replaceAll('$', row.sql.startsWith('UPDATE') ? role : `"${role}"`),
      );
  } finally {
    await client.end();
  }
}

const CHECK: RestoredCheck = {
  ok: true,
  message: 'As the manifest says.',
  restoreMs: 1,
  verifyMs: 1,
  bytes: 1,
  tables: 1,
  rows: 1,
  mismatches: [],
  fingerprint: { expected: 'x', found: 'x' },
  invalid: [],
  remarks: [],
};

/**
 * @param before SQL as the superuser, before the backup is taken and before the role owns it all
 * @param options.ownsDatabase the role owns the database as well, as is usual
 */
export async function createInPlaceRoom(
  policy: Partial<Policy> = {},
  before: string | ((role: string) => string) = '',
  options: { ownsDatabase?: boolean; tested?: boolean } = {},
): Promise<InPlaceRoom> {
  const role = `inplace_${randomBytes(6).toString('hex')}`;
  const inner = await createRestoreRoom(
    { approvals: 0, ...policy },
    async (planned) => {
      const client = await planned.live.connect();
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret-word'`);
      await client.query(
        options.ownsDatabase === false
          ? `GRANT CREATE ON DATABASE ${planned.live.name} TO ${role}`
          : `ALTER DATABASE ${planned.live.name} OWNER TO ${role}`,
      );
      await client.query(typeof before === 'string' ? before : before(role));
      await client.end();
      await ownAll(planned, role);
      const url = new URL(planned.target.url);
      url.username = role;
      url.password = 'secret-word';
      planned.target.url = url.href;
    },
    'in_place',
  );
  const { planned } = inner;
  await ownAll(planned, role);
  const { db } = planned.control;
  const passTest = async (backupId: number) => {
    const finishedAt = sql`clock_timestamp()`;
    await db
      .insert(tables.testRestores)
      .values({ backupId, state: 'passed', check: CHECK, finishedAt });
  };
  if (options.tested !== false) await passTest(inner.backupId);
  const room: InPlaceRoom = {
    ...inner,
    role,
    own: () => ownAll(planned, role),
    passTest,
    async safety(label) {
      await takeSafetyBackup(
        inner.onCall,
        { restore: label },
        { requestBackup: requestTargetBackup },
      );
      const [row] = await db
        .select({ id: tables.backups.id })
        .from(tables.backups)
        .orderBy(desc(tables.backups.id))
        .limit(1);
      await perform(planned, row?.id ?? 0);
      return row?.id ?? 0;
    },
    async swappedIn() {
      const restore = await inner.restored();
      await room.safety(restore.label);
      await inner.pressSwap(restore);
      await inner.perform(restore.id);
      const { status, message } = await inner.row(restore.id);
      if (status !== 'swapped') throw new Error(`it was not swapped: ${status} ${message}`);
      return restore;
    },
    schemas: async () =>
      (
        await inner.sql<{ name: string }>(
          "SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1",
        )
      ).map(({ name }) => name),
    async close() {
      await inner.close();
      const client = new pg.Client({ connectionString: adminUrl() });
      await client.connect();
      await client.query(`DROP ROLE IF EXISTS ${role}`);
      await client.end();
    },
  };
  return room;
}
