import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { type BackupManifest, type Ctx, loadFacts, tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import { findClientTool } from '@/lib/embedded';
import { queueRehearsal, rehearse } from '@/lib/rehearsal';
import { adminUrl } from './database';
import { allExact } from './evidence';

/** What the steps before a run would have left. Their own tests show that they do. */
export async function passEvidence(ctx: Ctx, id: number): Promise<void> {
  const { db } = ctx;
  const system: Ctx = { ...ctx, actor: SYSTEM_ACTOR };
  const [queued] = await db
    .select({ id: tables.rehearsals.id })
    .from(tables.rehearsals)
    .where(eq(tables.rehearsals.rollbackId, id));
  await rehearse(
    system,
    { rehearsalId: queued?.id ?? 0 },
    {
      executorId: randomUUID(),
      scratchUrl: adminUrl(),
      signal: new AbortController().signal,
      proveSteps: allExact,
      findTool: findClientTool,
    },
  );
  const { input, row } = await loadFacts(system, id);
  if (input.rehearsal?.state !== 'passed') {
    throw new Error(`the rehearsal did not pass: ${input.rehearsal?.error}`);
  }
  for (const { key } of input.dangers) {
    await db.insert(tables.acknowledgements).values({
      rollbackId: id,
      digest: row.planDigest,
      key,
      acknowledgedBy: row.requestedBy,
    });
  }
  await storeBackup(ctx, id, row);
}

/** A backup that is whole: a run reads all of it again before it starts. */
async function storeBackup(
  ctx: Ctx,
  id: number,
  row: Pick<typeof tables.rollbacks.$inferSelect, 'target' | 'plan' | 'requestedBy'>,
): Promise<void> {
  const location = path.join(ctx.config.backups.directory, row.target);
  await mkdir(location, { recursive: true });
  const dump = 'the rows of this target';
  const manifest: BackupManifest = {
    format: 'backstep-manifest-1',
    target: row.target,
    database: row.plan.database,
    head: row.plan.from.tag,
    trackingRows: row.plan.rows.length,
    schemaFingerprint: row.plan.schemaFingerprint,
    tool: 'pg_dump',
    files: [{ path: 'rows', bytes: dump.length, sha256: sha256Hex(dump) }],
  };
  const text = `${canonicalJson(manifest)}\n`;
  await writeFile(path.join(location, 'rows'), dump);
  await writeFile(path.join(location, 'manifest.json'), text);
  await ctx.db.insert(tables.backups).values({
    rollbackId: id,
    target: row.target,
    method: 'pg_dump',
    level: 'read',
    state: 'passed',
    takenBy: row.requestedBy,
    snapshotAt: sql`clock_timestamp()`,
    location,
    manifest,
    manifestSha256: sha256Hex(text),
  });
}

/** An executor looks at new targets by itself, with round trips of all scripts: not what is tested. */
export async function keepFromChecking(ctx: Ctx, target: string): Promise<void> {
  await ctx.db
    .insert(tables.targetChecks)
    .values({ target, state: 'running', executorId: randomUUID() });
}

/** Rehearsed by the test itself: an executor that took the job would prove every script first. */
export async function withoutJob(tx: Ctx, rollbackId: number, digest: string): Promise<number> {
  const id = await queueRehearsal(tx, rollbackId, digest);
  await tx.db.execute(sql`
    SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs
    WHERE task_identifier = 'rehearse' AND locked_at IS NULL
    HAVING count(*) > 0`);
  return id;
}
