import { randomUUID } from 'node:crypto';
import { type Ctx, openControl } from '@/lib/control';
import { startRun } from '@/lib/run';

/**
 * A process that does what the web server does when somebody presses Run, and then lives on until it is
 * killed. It reads what to press from its environment.
 */
const {
  url,
  actor,
  config,
  input,
}: { url: string } & Pick<Ctx, 'actor' | 'config'> & {
    input: Parameters<typeof startRun>[1];
  } = JSON.parse(process.env.PRESS ?? '{}');
const control = openControl(url, { name: 'backstep web' });
await startRun({ actor, config, requestId: randomUUID(), db: control.db }, input);
process.stdout.write('pressed\n');
setInterval(() => undefined, 1_000);
