import { z } from 'zod';
import { findTarget } from '@/lib/config';
import type { Ctx } from '@/lib/control';
import { requirePermission } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { RollbackFile } from '@/lib/core/migration';
import { destinations } from '@/lib/core/plan-chain';
import type { TargetConfig } from '@/lib/core/policy';
import type { MigrationPage } from '@/lib/core/views';
import { parseScriptOf, parseUp } from '@/lib/sql';
import { readProvenState } from './read-target-state';
import { lineOf } from './target-view';

const getMigrationPageInput = z.object({
  target: z.string().min(1),
  /** Tag, or `unknown-<row id>`. */
  key: z.string().min(1),
});

/**
 * One migration with its SQL in both directions.
 * @throws BackstepError `forbidden`, `not_found`, and whatever keeps the target from being read
 */
export async function getMigrationPage(
  ctx: Ctx,
  input: z.input<typeof getMigrationPageInput>,
): Promise<MigrationPage> {
  requirePermission(ctx.actor, 'target.read');
  const { target: name, key } = getMigrationPageInput.parse(input);
  const target = findTarget(ctx.config, name);
  const { list } = await readProvenState(ctx, target);
  const index = list.entries.findIndex((entry) => entry.key === key);
  const entry = list.entries[index];
  if (!entry) {
    throw new BackstepError('not_found', `'${target.name}' has no migration '${key}'.`);
  }
  const { file, row, rollback } = entry;
  return {
    target: { name: target.name, environment: target.environment },
    line: lineOf(entry, list.head, destinations(list), target.policy),
    up: file && !file.absent ? { path: file.path, sql: file.sql, hash: file.hash } : null,
    row: row ? { id: row.id, hash: row.hash, createdAt: row.createdAt } : null,
    rollback: rollback ? await scriptOf(rollback, file?.sql ?? '', target) : null,
    candidates: entry.candidates.map(({ file: script, why, proof }) => ({
      file: script.name,
      why,
      grade: proof?.grade ?? null,
      sql: script.sql,
      proof: proof ?? null,
    })),
    proof: entry.proof ?? null,
    newer: list.entries[index + 1]?.key ?? null,
    older: list.entries[index - 1]?.key ?? null,
  };
}

async function scriptOf(
  { name, sql, sha256, pairedBy }: RollbackFile,
  up: string,
  { tracking }: TargetConfig,
): Promise<MigrationPage['rollback']> {
  const parsed = await parseScriptOf(await parseUp(up), Buffer.from(sql), { tracking });
  return {
    file: name,
    sql,
    sha256,
    pairedBy,
    statements: parsed.ok ? parsed.statements : [],
    refusals: parsed.ok ? [] : parsed.refusals,
    remarks: parsed.ok ? parsed.remarks : [],
  };
}
