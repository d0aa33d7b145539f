import { backupLabel, type Ctx, installationId } from '@/lib/control';
import { withTarget } from '@/lib/target';

/** What is left is looked for in passing: a target that does not answer has nobody wait for it. */
const LOOK = { applicationName: 'backstep backup end', connectMs: 2_500, timeLimitMs: 3_000 };

/** Begins the `application_name` of everything that works for a backup of this installation. */
export async function backupApplication(
  ctx: Pick<Ctx, 'db'>,
  { id }: { id: number },
): Promise<string> {
  return `backstep backup ${backupLabel(id)}/${await installationId(ctx)}`;
}

/**
 * Ends the sessions that a backup has left on its target: a dump whose executor is gone, on this machine
 * or another, would go on reading and keep every table locked against a change.
 * @returns how many there were; 0 as well where the target could not be asked
 */
export async function endBackupSessions(
  ctx: Ctx,
  backup: { id: number; target: string },
): Promise<number> {
  const target = ctx.config.targets.find(({ name }) => name === backup.target);
  if (!target) return 0;
  const application = await backupApplication(ctx, backup);
  try {
    return await withTarget(
      target,
      'write',
      async (client) => {
        const { rowCount } = await client.query(
          `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
            WHERE a.pid <> pg_catalog.pg_backend_pid()
              AND pg_catalog.starts_with(a.application_name, $1)`,
          [application],
        );
        return rowCount ?? 0;
      },
      LOOK,
    );
  } catch {
    // They end by themselves, with the dump or with the next statement that misses its snapshot.
    return 0;
  }
}
