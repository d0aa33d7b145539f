import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findClientTool } from './client-tools';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'backstep-tools-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A program that prints a version as PostgreSQL's do. */
async function install(path: string, version: string): Promise<string> {
  const full = join(root, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, `#!/bin/sh\necho "pg_dump (PostgreSQL) ${version}"\n`);
  await chmod(full, 0o755);
  return full;
}

const find = (options: { serverMajor?: number; path?: string[]; configuredDir?: string }) =>
  findClientTool('pg_dump', {
    ...options,
    path: (options.path ?? []).map((folder) => join(root, folder)).join(delimiter),
    folders: [join(root, 'lib', '*', 'bin'), join(root, 'pgsql-*', 'bin')],
  });

describe('the search for pg_dump', () => {
  it('finds it in PATH and in the version folders', async () => {
    const onPath = await install('tools/pg_dump', '16.4');
    expect(await find({ path: ['empty', 'tools'] })).toEqual({
      path: onPath,
      version: '16.4',
      major: 16,
    });
    const inFolder = await install('pgsql-17/bin/pg_dump', '17.2 (Debian 17.2-1.pgdg120+1)');
    expect(await find({ path: ['tools'] })).toEqual({ path: inFolder, version: '17.2', major: 17 });
  });

  it('prefers the major version of the server, then the nearest newer one', async () => {
    await install('lib/14/bin/pg_dump', '14.12');
    await install('lib/18/bin/pg_dump', '18.1');
    await install('lib/16/bin/pg_dump', '16.4');
    expect(await find({ serverMajor: 14 })).toMatchObject({ version: '14.12' });
    expect(await find({ serverMajor: 15 })).toMatchObject({ version: '16.4' });
    expect(await find({})).toMatchObject({ version: '18.1' });
  });

  it('prefers the newest minor version of one major version', async () => {
    await install('tools/pg_dump', '15.9');
    await install('lib/15/bin/pg_dump', '15.18');
    expect(await find({ path: ['tools'], serverMajor: 15 })).toMatchObject({ version: '15.18' });
  });

  it('passes by the wrapper of Debian where the program itself is there', async () => {
    const wrapper = await install('share/pg_wrapper', '15.18');
    await mkdir(join(root, 'usr'), { recursive: true });
    await symlink(wrapper, join(root, 'usr', 'pg_dump'));
    expect((await find({ path: ['usr'] })).path).toBe(join(root, 'usr', 'pg_dump'));
    const program = await install('lib/15/bin/pg_dump', '15.18');
    expect((await find({ path: ['usr'] })).path).toBe(program);
  });

  it('passes by programs that do not run and files of the same name', async () => {
    await install('tools/pg_dump', '15.18');
    await chmod(join(root, 'tools', 'pg_dump'), 0o644);
    await mkdir(join(root, 'lib', '16', 'bin', 'pg_dump'), { recursive: true });
    await writeFile(await install('lib/17/bin/pg_dump', '17.0'), '#!/bin/sh\nexit 127\n');
    await expect(find({ path: ['tools'] })).rejects.toMatchObject({ problem: 'pg_dump_missing' });
  });

  it('says where it looked and what to install when there is none', async () => {
    await expect(find({ path: ['tools'], serverMajor: 15 })).rejects.toMatchObject({
      code: 'client_tool_missing',
      problem: 'pg_dump_missing',
      message: expect.stringMatching(/apt-get install postgresql-client-15.*Searched: .*tools/),
    });
  });

  it('names every version found when all are too old', async () => {
    const path = await install('lib/13/bin/pg_dump', '13.14');
    await expect(find({ serverMajor: 15 })).rejects.toMatchObject({
      problem: 'pg_dump_too_old',
      message: expect.stringContaining(
        `The server is PostgreSQL 15, and every pg_dump found is older: ${path} (13.14)`,
      ),
    });
  });

  it('looks only into the configured folder, and refuses what does not fit there', async () => {
    await install('lib/15/bin/pg_dump', '15.18');
    const configuredDir = join(root, 'own');
    await expect(find({ configuredDir })).rejects.toMatchObject({
      problem: 'pg_dump_missing',
      message: expect.stringContaining(`in ${configuredDir}, which client_tools names`),
    });
    const own = await install('own/pg_dump', '14.1');
    expect(await find({ configuredDir })).toMatchObject({ path: own });
    await expect(find({ configuredDir, serverMajor: 15 })).rejects.toMatchObject({
      problem: 'pg_dump_too_old',
    });
  });

  it('ignores relative folders in PATH', async () => {
    await install('pg_dump', '15.18');
    const search = findClientTool('pg_dump', { path: `.${delimiter}`, folders: [] });
    await expect(search).rejects.toMatchObject({ problem: 'pg_dump_missing' });
  });
});

it('finds the real pg_dump and pg_restore of this machine in one folder', async () => {
  const [dump, restore] = await Promise.all([
    findClientTool('pg_dump', { serverMajor: 15 }),
    findClientTool('pg_restore', { serverMajor: 15 }),
  ]);
  expect(dirname(dump.path)).toBe(dirname(restore.path));
  expect(dump.major).toBeGreaterThanOrEqual(15);
});
