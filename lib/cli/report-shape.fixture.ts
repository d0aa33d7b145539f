import { z } from 'zod';

const grade = z.enum([
  'exact',
  'column_order_only',
  'leaves_residue',
  'removes_too_much',
  'residue_and_missing',
  'no_effect',
  'no_schema_change',
  'fails',
  'refused',
  'unproven',
  'missing',
]);

const migration = z.object({
  index: z.int().nonnegative(),
  tag: z.string(),
  rollback: z
    .object({ file: z.string(), pairedBy: z.enum(['tag', 'number', 'pattern', 'proof']) })
    .nullable(),
  grade: grade.nullable(),
  losesData: z.enum(['none', 'own', 'older']).nullable(),
  residue: z.array(z.string()),
  missing: z.array(z.string()),
  reapply: z.enum(['ok', 'differs', 'fails', 'untested']),
  secondRun: z.enum(['ok', 'fails', 'untested']),
  error: z
    .object({
      message: z.string(),
      sqlstate: z.string().nullable(),
      line: z.int().nullable(),
      in: z.enum(['up', 'down']),
    })
    .nullable(),
  hazards: z.array(
    z.object({
      code: z.string(),
      severity: z.enum(['info', 'warn', 'danger']),
      line: z.int().nullable(),
      message: z.string().min(1),
    }),
  ),
});

/** What programs that read `--json` may count on; further keys are not looked at. */
export const reportShape = z.object({
  layout: z.enum(['journal', 'folders']),
  naming: z.string(),
  migrations: z.array(migration),
  gaps: z.array(z.string()),
  ambiguous: z.array(
    z.object({
      tag: z.string(),
      file: z.string(),
      grade: grade.nullable(),
      message: z.string(),
    }),
  ),
  orphans: z.array(z.string()),
  skippedByMigrate: z.array(z.string()),
  summary: z.object({
    migrations: z.int(),
    scripts: z.int(),
    grades: z.partialRecord(grade, z.int()),
    dangers: z.int(),
    ok: z.boolean(),
    reasons: z.array(z.string()),
  }),
});
