import path from 'node:path';
import { readEnvironment } from '@/lib/config';
import { holdHome, startCluster } from '@/lib/embedded';
import { type Served, serve } from '@/lib/serve/serve';
import { stopOnSignal } from '@/lib/serve/until-signal';
import { addDemoAccounts } from './accounts';
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from './people';
import { prepareSamples } from './samples';
import { liveThroughTheDay } from './yesterday';

/** `npm run demo`: Backstep with the sample application's two databases on a server of their own. */
async function main(): Promise<void> {
  const root = process.cwd();
  const environment = readEnvironment(
    {
      ...process.env,
      BACKSTEP_CONFIG:
        process.env.BACKSTEP_CONFIG ??
        path.join(root, 'examples', 'agentim', 'backstep.config.yaml'),
    },
    root,
  );
  const letGo = await holdHome(environment.home);
  const started: { stop(): Promise<void> }[] = [{ stop: letGo }];
  let served: Served | undefined;
  let noBackup: string | undefined;
  const stop = async () => {
    await served?.stop();
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  const onFault = stopOnSignal(stop);
  try {
    const samples = await startCluster({
      name: 'samples',
      home: environment.home,
      settings: { max_connections: '100' },
    });
    started.push(samples);
    const urls = await prepareSamples(samples, root);
    served = await serve({
      root,
      environment,
      env: {
        ...process.env,
        // The terminal shows where to go, not what the processes do.
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
        AGENTIM_PRODUCTION_URL: urls.production,
        AGENTIM_STAGING_URL: urls.staging,
        WORKSHOP_DEVELOPMENT_URL: urls.workshop,
      },
      prepare: async (control, config) => {
        await addDemoAccounts(control);
        noBackup = await liveThroughTheDay({ control, config, url: urls.production, root });
      },
      onFault,
    });
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause);
    await stop();
    process.exit(1);
  }
  process.stdout.write(`Backstep is ready at ${served.url}\n`);
  if (noBackup) process.stdout.write(`There is no sample backup of yesterday: ${noBackup}\n`);
  for (const account of DEMO_ACCOUNTS) {
    process.stdout.write(
      `  ${account.email.padEnd(24)} ${DEMO_PASSWORD}  ${account.name}, ${account.role}\n`,
    );
  }
}

main().catch((cause: unknown) => {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exit(1);
});
