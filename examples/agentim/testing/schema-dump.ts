import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a `pg_dump` is on PATH; the npm packages with PostgreSQL servers have none. */
export async function hasPgDump(): Promise<boolean> {
  return run('pg_dump', ['--version']).then(
    () => true,
    () => false,
  );
}

/**
 * `pg_dump --schema-only`, comparable: without comments and session keys, and with the lines of
 * each CREATE TABLE sorted, because a dropped and re-added column moves to the end.
 *
 * @throws Error with pg_dump's own words when it fails.
 */
export async function dumpSchema(url: string): Promise<string> {
  const { stdout } = await run('pg_dump', ['--schema-only', `--dbname=${url}`], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = stdout.split('\n').filter((line) => !/^(--|\\(un)?restrict |$)/.test(line));
  const sorted: string[] = [];
  let columns: string[] | undefined;
  for (const line of lines) {
    if (columns && line === ');') {
      sorted.push(...columns.sort(), line);
      columns = undefined;
    } else if (columns) {
      columns.push(line.replace(/,$/, ''));
    } else {
      sorted.push(line);
      if (/^CREATE TABLE .*\($/.test(line)) columns = [];
    }
  }
  return sorted.join('\n');
}
