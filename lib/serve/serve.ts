import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureSetupToken } from '@/lib/auth';
import { loadConfig, type ProcessEnvironment } from '@/lib/config';
import { type Control, migrateControl, openControl, systemContext } from '@/lib/control';
import type { Config } from '@/lib/core/policy';
import { type Cluster, startCluster } from '@/lib/embedded';
import { type Child, superviseChild } from './child';

export interface ServeOptions {
  root: string;
  environment: ProcessEnvironment;
  env: NodeJS.ProcessEnv;
  /** Called when the control database is there and before the processes start. */
  prepare?(control: Control, config: Config): Promise<void>;
  onFault(message: string): void;
}

export interface Served {
  url: string;
  /** Set while nobody has an account yet. */
  setupUrl: string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts Backstep: the embedded servers where none are given, the control migrations, the executor,
 * the web server, in this order.
 * @throws BackstepError or EmbeddedServerError with what to do
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { environment, root } = options;
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    // First of all: a wrong configuration is told before anything is started.
    const config = await loadConfig({
      path: environment.configPath,
      env: options.env,
      root,
    });
    const controlUrl =
      environment.controlUrl ?? (await embedded('control', environment.home, started)).url();
    const scratchUrl =
      environment.scratchUrl ??
      (await embedded('scratch', environment.home, started, { fsync: 'off' })).url();
    await migrateControl(controlUrl, root);
    const control = openControl(controlUrl, { max: 2, name: 'backstep start' });
    let token: string | undefined;
    try {
      await options.prepare?.(control, config);
      token = await ensureSetupToken(systemContext(control, config));
    } finally {
      await control.close();
    }
    const env: NodeJS.ProcessEnv = {
      ...options.env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(environment.port),
      BACKSTEP_HOME: environment.home,
      BACKSTEP_CONFIG: environment.configPath,
      BACKSTEP_URL: environment.publicUrl,
      NEXTAUTH_URL: environment.publicUrl,
      NEXTAUTH_SECRET: environment.authSecret ?? (await keptSecret(environment.home)),
      CONTROL_DATABASE_URL: controlUrl,
      SCRATCH_DATABASE_URL: scratchUrl,
    };
    const children: Child[] = [
      superviseChild('executor', path.join(root, 'dist', 'executor.mjs'), env, options.onFault),
      superviseChild('web server', path.join(root, 'dist', 'web.mjs'), env, options.onFault),
    ];
    // At once: a signal to the whole group ends them at the same moment, which is no accident.
    started.push({
      stop: async () => void (await Promise.all(children.map((child) => child.stop()))),
    });
    await Promise.all(children.map((child) => child.ready));
    return {
      url: environment.publicUrl,
      setupUrl: token ? `${environment.publicUrl}/setup?token=${token}` : undefined,
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function embedded(
  name: string,
  home: string,
  started: { stop(): Promise<void> }[],
  settings: Record<string, string> = {},
): Promise<Cluster> {
  const cluster = await startCluster({
    name,
    home,
    settings: { max_connections: '200', ...settings },
  });
  started.push(cluster);
  return cluster;
}

/** Signs the session cookies. Kept, so that a restart signs nobody out. */
async function keptSecret(home: string): Promise<string> {
  const file = path.join(home, 'auth-secret');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    const secret = randomBytes(32).toString('base64url');
    await mkdir(home, { recursive: true });
    await writeFile(file, `${secret}\n`, { mode: 0o600 });
    return secret;
  }
}
