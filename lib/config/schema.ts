import { z } from 'zod';
import { DEFAULT_POLICY, ENVIRONMENTS, RESCUE_POLICIES } from '@/lib/core/policy';
import {
  DATA_LOSSES,
  type DataLoss,
  GRADE_WORDS,
  GRADES,
  type Grade,
  type GradeVerdict,
} from '@/lib/core/proof';

import { backupPolicy, encryption, retention, storage } from './backup-schema';
import { text } from './text';

/**
 * The shape of `backstep.config.yaml` as a person writes it. The editors' JSON schema is generated
 * from here; after a change run `npx tsx scripts/config-schema.ts`
 * and `npm run format`.
 */

const HOUR_MS = 3_600_000;

/** Of the strictest kind first, as it reads in an editor's list. */
const VERDICTS = ['block', 'acknowledge', 'run'] as const satisfies readonly GradeVerdict[];

const verdict = z.enum(VERDICTS);

const DATA_LOSS_WORDS: Record<DataLoss, string> = {
  none: 'The round trip loses no rows and no values.',
  own: 'Only what the migration itself added can be lost.',
  older: 'Rows or values that were there before the migration are lost or changed.',
};

function verdictFields<K extends string>(
  keys: readonly K[],
  words: Record<K, string>,
  defaults: Record<K, GradeVerdict>,
): Record<K, typeof verdict> {
  const fields: Partial<Record<K, typeof verdict>> = {};
  for (const key of keys) {
    fields[key] = verdict.describe(`${words[key]} Default ${defaults[key]}.`);
  }
  // Filled for each key just above.
  return fields as Record<K, typeof verdict>;
}

const grades = z.strictObject(verdictFields<Grade>(GRADES, GRADE_WORDS, DEFAULT_POLICY.grades));
const losesData = z.strictObject(
  verdictFields<DataLoss>(DATA_LOSSES, DATA_LOSS_WORDS, DEFAULT_POLICY.loses_data),
);

const policyFields = {
  approvals: z
    .int()
    .min(0)
    .max(10)
    .describe(
      `Approvals by different people, none of them the requester. 0 switches approval off. Default ${DEFAULT_POLICY.approvals}.`,
    ),
  approval_max_age_hours: z
    .number()
    .positive()
    .max(24 * 90)
    .describe(
      `Hours after which a request or an approval expires. Default ${DEFAULT_POLICY.approval_max_age_hours}.`,
    ),
  backup_max_age_minutes: z
    .number()
    .positive()
    .max(60 * 24 * 30)
    .describe(
      `A backup that is older than this when the run starts does not count. Default ${DEFAULT_POLICY.backup_max_age_minutes}.`,
    ),
  backup: backupPolicy
    .partial()
    .describe('How backups are taken and what must be known of one. Laid over key by key.'),
  fence: z
    .boolean()
    .describe(
      `Put up the trigger that keeps newer images from applying the migrations again. Default ${DEFAULT_POLICY.fence}.`,
    ),
  rescue: z
    .enum(RESCUE_POLICIES)
    .describe(
      `Copy what the scripts are about to destroy to the schema backstep_rescue of the target first: never, where the person who starts the run asks for it, or always. Default ${DEFAULT_POLICY.rescue}.`,
    ),
  rescue_max_mb: z
    .int()
    .min(1)
    .max(1024 * 1024)
    .describe(
      `What the rescue copies of one rollback may take together; a step that would need more is undone. Default ${DEFAULT_POLICY.rescue_max_mb}.`,
    ),
  drift: z
    .enum(['warn', 'block'])
    .describe(
      `What a live schema that differs from the replayed files does to the run. Default ${DEFAULT_POLICY.drift}.`,
    ),
  grades: grades
    .partial()
    .describe(
      'Which grades of a rollback script may run, need an acknowledgement, or block the plan. A grade that is left out keeps its default.',
    ),
  loses_data: losesData
    .partial()
    .describe(
      'The same for what the round trip of a script does to rows. The stricter of the two counts.',
    ),
  // 0 would mean 'wait for ever' to PostgreSQL, so neither timeout may be switched off.
  lock_timeout_ms: z
    .int()
    .min(10)
    .max(10 * 60_000)
    .describe(
      `How long a statement of the run waits for a lock. Default ${DEFAULT_POLICY.lock_timeout_ms}.`,
    ),
  statement_timeout_ms: z
    .int()
    .min(100)
    .max(24 * HOUR_MS)
    .describe(
      `How long one statement of the run may take. Default ${DEFAULT_POLICY.statement_timeout_ms}.`,
    ),
  step_attempts: z
    .int()
    .min(1)
    .max(20)
    .describe(
      `Attempts at a step that a lock, a deadlock or a timeout undid. Default ${DEFAULT_POLICY.step_attempts}.`,
    ),
};

const policy = z.strictObject(policyFields).partial();

const connectionString = text
  .regex(/^postgres(ql)?:\/\//)
  .refine((value) => URL.canParse(value), 'must be a valid connection string');

const release = z.strictObject({
  name: text.describe('What the release is called where it is deployed from.'),
  head: text.describe(
    'Tag or number of the newest migration that the release contains. Put a number in quotes: "0032".',
  ),
  commands: z
    .array(text)
    .optional()
    .describe('Commands that deploy it. They are shown for copying and never run by Backstep.'),
});

const tracking = z
  .strictObject({
    schema: text.describe('Schema of the tracking table. Default drizzle.'),
    table: text.describe('Name of the tracking table. Default __drizzle_migrations.'),
  })
  .partial();

const target = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
    .describe(
      'Name of the target in pages and URLs: small letters, digits, dots, dashes and underscores.',
    ),
  environment: z
    .enum(ENVIRONMENTS)
    .describe('Where it stands; production is marked on every page.'),
  url: connectionString.describe(
    `Connection string with which the executor writes, e.g. \${PRODUCTION_URL}. A direct connection, not a transaction pooler.`,
  ),
  read_url: connectionString
    .optional()
    .describe('Connection string with which pages read. Default: the same as url.'),
  migrations: text.describe(
    "Drizzle's folder: with meta/_journal.json in it, or with a folder for each migration (drizzle 1.0). Relative to this file.",
  ),
  rollbacks: text.describe(
    'Folder with the rollback scripts, in it or in folders below it; may be the same as migrations. Relative to this file.',
  ),
  rollback_pattern: text
    .regex(/^(?=.*\{(number|tag)\})(?!\/)(?!(.*\/)?\.\.\/)[^\\]+$/)
    .optional()
    .describe(
      'How rollback scripts are named, e.g. {number}_rollback.sql, {tag}.down.sql or {tag}/rollback.sql; * stands for anything. Default: found out from the names.',
    ),
  tracking: tracking
    .optional()
    .describe("Drizzle's tracking table, when the application moved it."),
  foundation: text
    .optional()
    .describe(
      'Tag or number of the newest foundational migration: it and everything below are never undone, only restored. Put a number in quotes: "0018".',
    ),
  bootstrap: text
    .optional()
    .describe(
      'SQL file that runs first on each scratch database: the roles, schemas and extensions that the migrations expect. Relative to this file.',
    ),
  policy: policy.optional().describe('What this target demands, over the policy for all targets.'),
  releases: z
    .array(release)
    .optional()
    .describe('Releases that can be deployed after a rollback, for the last step of the room.'),
});

export const configFile = z.strictObject({
  targets: z.array(target).min(1).describe('The databases that Backstep may roll back.'),
  policy: policy.optional().describe('What every target demands unless it says otherwise.'),
  backups: z
    .strictObject({
      directory: text.describe(
        'Folder for backups, relative to this file. Default: backups in BACKSTEP_HOME.',
      ),
      jobs: z.int().min(1).max(64).describe('Tables dumped at the same time. Default 2.'),
      storage: storage.describe(
        'S3-compatible storage that finished backups go to. Default: they stay in the directory.',
      ),
      encryption: encryption.describe('Backups are encrypted with age before they are kept.'),
      retention: retention.describe(
        'Older backups are removed, never the newest confirmed one nor one that an open rollback refers to. Default: nothing is ever removed.',
      ),
    })
    .partial()
    .optional()
    .describe('Where backups go and how they are taken.'),
  client_tools: text
    .optional()
    .describe('Folder with pg_dump and pg_restore, when they are not in the usual places.'),
});

export type ConfigFile = z.infer<typeof configFile>;

/** Keys whose value a person may well write as a bare number: 0018 must stay '0018', not 18. */
export const TEXT_LIKE_NUMBER = new Set(['foundation', 'head']);

/** The keys that each part of the file knows, by the name of the part, for suggestions. */
export const KNOWN_KEYS: Record<string, readonly string[]> = {
  '': Object.keys(configFile.shape),
  targets: Object.keys(target.shape),
  policy: Object.keys(policyFields),
  backup: Object.keys(backupPolicy.shape),
  grades: [...GRADES],
  loses_data: [...DATA_LOSSES],
  tracking: Object.keys(tracking.shape),
  releases: Object.keys(release.shape),
  backups: Object.keys(configFile.shape.backups.unwrap().shape),
  storage: Object.keys(storage.shape),
  encryption: Object.keys(encryption.shape),
  retention: Object.keys(retention.shape),
};

/** What to write instead, for values whose form matters. */
export const FORM_REMEDIES: Record<string, string> = {
  name: 'must consist of small letters, digits, dots, dashes and underscores, such as shop-production',
  url: 'must be a connection string such as postgres://user:password@host:5432/database',
  read_url: 'must be a connection string such as postgres://user:password@host:5432/database',
  endpoint: 'must be an address such as https://minio.internal:9000',
  bucket: 'must be the name of a bucket: small letters, digits, dots and dashes',
  prefix: 'must be a path without a slash in front and without .., such as backstep/production',
  recipients: 'must be an age recipient, which begins with age1; age-keygen -y prints it',
  rollback_pattern:
    'must be a path below the rollbacks folder that holds {number} or {tag}, such as {number}_rollback.sql or {tag}.down.sql',
};
