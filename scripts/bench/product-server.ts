import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { hashPassword } from '@/lib/auth';
import { readEnvironment } from '@/lib/config';
import { type Control, tables } from '@/lib/control';
import { serve } from '@/lib/serve/serve';
import type { Folder } from './folders';
import { Session } from './session';

const exec = promisify(execFile);

export const EMAIL = 'admin@example.com';
export const PASSWORD = 'bench-password-1';

export interface Product {
  url: string;
  /** An administrator, signed in. */
  person: Session;
  /** Resident memory of the web server's process, in bytes. */
  webMemory(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * The product as people start it: control and scratch server of its own, executor, web server. One
 * person's word is enough for each target.
 * @param home an empty folder for its state and its configuration
 * @param serverUrl of the targets, each a database named like the target with `_` for `-`
 */
export async function startProduct(
  home: string,
  serverUrl: string,
  targets: { name: string; folder: Pick<Folder, 'migrations' | 'rollbacks'> }[],
): Promise<Product> {
  const config = path.join(home, 'backstep.config.yaml');
  const listed = targets.map(
    ({ name, folder }) =>
      `  - name: ${name}\n    environment: staging\n    url: \${BENCH_URL}/${name.replaceAll('-', '_')}\n    migrations: ${folder.migrations}\n    rollbacks: ${folder.rollbacks}\n    policy: { approvals: 0 }\n`,
  );
  await writeFile(config, `targets:\n${listed.join('')}`);
  const env = {
    ...process.env,
    PORT: String(4_700 + (process.pid % 200)),
    BACKSTEP_HOME: path.join(home, 'state'),
    BACKSTEP_CONFIG: config,
    BENCH_URL: serverUrl.replace(/\/postgres(\?.*)?$/, ''),
    LOG_LEVEL: 'error',
  };
  const served = await serve({
    root: process.cwd(),
    environment: readEnvironment(env, process.cwd()),
    env,
    prepare: addPerson,
    onFault: (message) => {
      throw new Error(message);
    },
  });
  const person = new Session(served.url);
  await person.signIn(EMAIL, PASSWORD);
  return { url: served.url, person, webMemory, stop: served.stop };
}

async function addPerson(control: Control): Promise<void> {
  await control.db.insert(tables.users).values({
    email: EMAIL,
    name: 'Bench',
    role: 'admin',
    passwordHash: await hashPassword(PASSWORD),
  });
}

async function webMemory(): Promise<number> {
  const { stdout } = await exec('ps', ['-A', '-o', 'ppid=,rss=,args='], {
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const line of stdout.split('\n')) {
    const [, parent, kilobytes, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(parent) === process.pid && args.endsWith(path.join('dist', 'web.mjs'))) {
      return Number(kilobytes) * 1024;
    }
  }
  throw new Error('the web server is not among the processes of this one');
}
