import { readEnvironment } from '@/lib/config';
import { holdHome } from '@/lib/embedded';
import { type Served, serve } from './serve';
import { stopOnSignal } from './until-signal';

/** `npm start`: the production start. */
async function main(): Promise<void> {
  const root = process.cwd();
  const environment = readEnvironment(process.env, root);
  const letGo = await holdHome(environment.home);
  let served: Served | undefined;
  const onFault = stopOnSignal(async () => {
    await served?.stop();
    await letGo();
  });
  served = await serve({
    root,
    environment,
    env: process.env,
    onFault,
  });
  process.stdout.write(`Backstep is ready at ${served.url}\n`);
  if (served.setupUrl) {
    process.stdout.write(`Create the first administrator at ${served.setupUrl}\n`);
  }
}

main().catch((cause: unknown) => {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exit(1);
});
