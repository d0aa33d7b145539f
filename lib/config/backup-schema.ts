import { z } from 'zod';
import { BACKUP_LEVELS, BACKUP_METHODS, DEFAULT_BACKUP_POLICY } from '@/lib/core/backup';
import { text } from './text';

/** Part `policy.backup` of the configuration file. */
export const backupPolicy = z.strictObject({
  methods: z
    .array(z.enum(BACKUP_METHODS))
    .min(1)
    .describe(
      'How a backup may come about, the first being offered first: pg_dump by Backstep, command of your own, attested by a person. Default pg_dump alone.',
    ),
  level: z
    .enum(BACKUP_LEVELS)
    .describe(
      'What must be known of a backup before a run relies on it: vouched for, read in full, or restored on the scratch server with the rollback rehearsed on it. command and attested reach vouched only. Default restored for production where pg_dump is the only method, else read.',
    ),
  command: z
    .array(text)
    .min(1)
    .describe(
      'Program and arguments of the method command, one a line, run without a shell. {target}, {rollback} and {out} are filled in.',
    ),
  command_timeout_minutes: z
    .number()
    .positive()
    .max(60 * 24 * 7)
    .describe(
      `Minutes after which the command is ended. Default ${DEFAULT_BACKUP_POLICY.command_timeout_minutes}.`,
    ),
  second_person: z
    .boolean()
    .describe(
      `An attested backup counts only when a second person has confirmed it. Default ${DEFAULT_BACKUP_POLICY.second_person}.`,
    ),
});

/** Part `backups.storage`. */
export const storage = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the storage, e.g. https://minio.internal:9000. Default: that of AWS.'),
  region: text.optional().describe('Region of the bucket. Default us-east-1.'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .describe('Bucket, which must be there already.'),
  prefix: z
    .string()
    .regex(/^(?!\/)(?!.*\.\.)[\w./-]*$/)
    .optional()
    .describe('What the keys of the objects begin with, e.g. backstep. Default: nothing.'),
  access_key: text.describe(`Access key, e.g. \${BACKUP_ACCESS_KEY}.`),
  secret_key: text.describe(`Secret key, e.g. \${BACKUP_SECRET_KEY}.`),
  path_style: z
    .boolean()
    .optional()
    .describe(
      'The bucket is part of the path and not of the host name, as MinIO wants it. Default false.',
    ),
});

/** Part `backups.encryption`. */
export const encryption = z.strictObject({
  recipients: z
    .array(z.string().regex(/^age1[a-z0-9]+$/))
    .min(1)
    .describe('age recipients (age1…) that every file is encrypted to.'),
  identity_file: text
    .optional()
    .describe(
      'File with the age identity that reads the backups again, relative to this file. Needed for test restores and the emergency restore.',
    ),
});

/** Part `backups.retention`. */
export const retention = z.strictObject({
  count: z.int().min(1).max(10_000).describe('The newest so many of each target are kept.'),
  days: z.number().positive().max(36_500).describe('And all that are younger than so many days.'),
});
