import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Runs a client program against a database, its connection in the environment as people have it. */
export async function client(program: string, url: string, args: string[]): Promise<void> {
  await exec(program, args, { maxBuffer: 256 * 1024 * 1024, env: connectionEnvironment(url) });
}

/** This process's environment with the connection as libpq reads it. */
export function connectionEnvironment(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
}
