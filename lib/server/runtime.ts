import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { loadConfig, type ProcessEnvironment, readEnvironment } from '@/lib/config';
import { type Control, type Ctx, openControl } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { Config } from '@/lib/core/policy';
import { createLogger, type Logger } from '@/lib/log';
import { EventHub } from './event-hub';

/** What the web process holds once, however often the bundler has copied this module. */
interface Runtime {
  environment: ProcessEnvironment;
  control: Control;
  hub: EventHub;
  config: { value: Config | undefined; mtimeMs: number; problem: string | undefined };
}

const KEY = Symbol.for('backstep.runtime');
const LOG_KEY = Symbol.for('backstep.log');
const holder = globalThis as { [KEY]?: Runtime; [LOG_KEY]?: Logger };

function runtime(): Runtime {
  holder[KEY] ??= create();
  return holder[KEY];
}

function create(): Runtime {
  const environment = readEnvironment(process.env, process.cwd());
  if (!environment.controlUrl) {
    throw new Error(
      'CONTROL_DATABASE_URL is not set. Start Backstep with npm start, which sets it.',
    );
  }
  return {
    environment,
    control: openControl(environment.controlUrl, { max: 20, name: 'backstep web' }),
    hub: new EventHub(environment.controlUrl, logger()),
    config: { value: undefined, mtimeMs: 0, problem: undefined },
  };
}

/**
 * The configuration, read again when the file has changed. A file that was broken while the server
 * runs is told on the pages; until it is mended the last good one counts.
 * @throws BackstepError `config_invalid` when there has been no good one yet
 */
export async function currentConfig(): Promise<{ config: Config; problem: string | undefined }> {
  const { environment, config: held } = runtime();
  const mtimeMs = await stat(environment.configPath).then(
    (found) => found.mtimeMs,
    () => -1,
  );
  if (held.value === undefined || mtimeMs !== held.mtimeMs) {
    try {
      held.value = await loadConfig({
        path: environment.configPath,
        env: process.env,
        root: process.cwd(),
      });
      held.problem = undefined;
    } catch (cause) {
      if (!(cause instanceof BackstepError) || held.value === undefined) throw cause;
      held.problem = cause.message;
    }
    held.mtimeMs = mtimeMs;
  }
  return { config: held.value, problem: held.problem };
}

/** A context for one request of one person. */
export async function contextFor(actor: Actor): Promise<Ctx> {
  const { config } = await currentConfig();
  return { actor, requestId: randomUUID(), db: runtime().control.db, config };
}

export const controlDb = () => runtime().control.db;
export const controlPool = () => runtime().control.pool;
export const eventHub = () => runtime().hub;
/** Apart from the rest, which may be what has to be logged. */
export function logger(): Logger {
  holder[LOG_KEY] ??= createLogger('web');
  return holder[LOG_KEY];
}
/** Where people reach Backstep, without a slash at the end. */
export const publicUrl = () => runtime().environment.publicUrl;
export const configPath = () => runtime().environment.configPath;
