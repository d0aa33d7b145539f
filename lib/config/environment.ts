import path from 'node:path';
import { z } from 'zod';
import { BackstepError } from '@/lib/core/errors';

/** What the process's environment says. */
export interface ProcessEnvironment {
  /** The control database; undefined means the embedded server. */
  controlUrl?: string;
  /** A server on which scratch databases may be made; undefined means the embedded one. */
  scratchUrl?: string;
  /** Absolute folder for everything that Backstep keeps itself. */
  home: string;
  /** Absolute path of the configuration file. */
  configPath: string;
  port: number;
  /** Where people reach Backstep, without a slash at the end. */
  publicUrl: string;
  authSecret?: string;
}

const DEFAULT_PORT = 3000;

const connectionString = z
  .string()
  .regex(/^postgres(ql)?:\/\//)
  .refine((value) => URL.canParse(value));

const fields = {
  PORT: z.coerce.number().int().min(1).max(65_535).default(DEFAULT_PORT),
  BACKSTEP_HOME: z.string().optional(),
  BACKSTEP_CONFIG: z.string().optional(),
  CONTROL_DATABASE_URL: connectionString.optional(),
  SCRATCH_DATABASE_URL: connectionString.optional(),
  BACKSTEP_URL: z
    .string()
    .refine((value) => isOrigin(value))
    .optional(),
  NEXTAUTH_SECRET: z.string().min(32).optional(),
};

const REMEDIES: Record<keyof typeof fields, string> = {
  PORT: 'must be a port between 1 and 65535.',
  BACKSTEP_HOME: 'must be the path of a folder.',
  BACKSTEP_CONFIG: 'must be the path of the configuration file.',
  CONTROL_DATABASE_URL:
    'must be a connection string such as postgres://user:password@host:5432/backstep.',
  SCRATCH_DATABASE_URL:
    'must be a connection string such as postgres://user:password@host:5432/postgres.',
  BACKSTEP_URL:
    'must be where people reach Backstep, such as https://backstep.example.com, without a path.',
  NEXTAUTH_SECRET: 'must have at least 32 characters. Make one with: openssl rand -base64 32',
};

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username } = new URL(value);
  return /^https?:$/.test(protocol) && pathname === '/' && !search && !hash && !username;
}

/** A variable that is set to nothing counts as not set. */
const given = (value: string | undefined) => (value?.trim() ? value.trim() : undefined);

/** The folder that Backstep keeps its things in. */
export function homeOf(env: Record<string, string | undefined>, root: string): string {
  return path.resolve(root, given(env.BACKSTEP_HOME) ?? '.backstep');
}

/**
 * Reads the environment variables. Relative paths count from `root`, the project's folder.
 * @throws BackstepError `config_invalid` with every problem, one a line, without any value
 */
export function readEnvironment(
  env: Record<string, string | undefined>,
  root: string,
): ProcessEnvironment {
  const names = Object.keys(fields) as (keyof typeof fields)[];
  const parsed = z
    .object(fields)
    .safeParse(Object.fromEntries(names.map((name) => [name, given(env[name])])));
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
    const lines = names
      .filter((name) => wrong.has(name))
      .map((name) => `The variable ${name} ${REMEDIES[name]}`);
    throw new BackstepError('config_invalid', lines.join('\n'));
  }
  const values = parsed.data;
  return {
    controlUrl: values.CONTROL_DATABASE_URL,
    scratchUrl: values.SCRATCH_DATABASE_URL,
    home: homeOf(env, root),
    configPath: path.resolve(root, values.BACKSTEP_CONFIG ?? 'backstep.config.yaml'),
    port: values.PORT,
    publicUrl: new URL(values.BACKSTEP_URL ?? `http://localhost:${values.PORT}`).origin,
    authSecret: values.NEXTAUTH_SECRET,
  };
}
