import { execFileSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findReleases } from '.';

const hasGit = (() => {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let repository: string;
beforeEach(async () => {
  repository = await mkdtemp(path.join(tmpdir(), 'backstep-releases-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(repository, { recursive: true });
});

function git(date: string, ...args: string[]) {
  const who = { NAME: 'Ona', EMAIL: 'ona@example.com', DATE: date };
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  for (const [name, value] of Object.entries(who)) {
    Object.assign(env, { [`GIT_AUTHOR_${name}`]: value, [`GIT_COMMITTER_${name}`]: value });
  }
  return execFileSync('git', ['-C', repository, ...args], {
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

const at = (day: number) => `2026-03-0${day}T10:00:00Z`;

async function journal(tags: string[], folder = 'app/drizzle') {
  const meta = path.join(repository, folder, 'meta');
  await mkdir(meta, { recursive: true });
  const entries = tags.map((tag, idx) => ({
    idx,
    tag,
    when: idx,
    version: '7',
    breakpoints: true,
  }));
  await writeFile(path.join(meta, '_journal.json'), JSON.stringify({ entries }));
}

function release(day: number, tag: string, ...more: string[]) {
  git(at(day), 'add', '-A');
  git(at(day), 'commit', '-q', '--allow-empty', '-m', tag);
  git(at(day), 'tag', ...more, tag);
}

const target = (folder = 'app/drizzle', releases = [] as { name: string; head: string }[]) => ({
  migrations: path.join(repository, folder),
  releases: releases.map((one) => ({ ...one, commands: [] })),
});

const TO = { tag: '0001_rooms', number: '0001' };
const STAYING = ['0000_start', '0001_rooms'];
const found = async (folder?: string) =>
  (await findReleases(target(folder), TO, STAYING)).map(({ name }) => name);

describe('the configuration', () => {
  it('comes first, by tag or number', async () => {
    const configured = target('app/drizzle', [
      { name: 'v3', head: '0002' },
      { name: 'v2', head: '0001' },
      { name: 'v2-hotfix', head: '0001_rooms' },
    ]);
    const releases = await findReleases(configured, TO, STAYING);
    expect(releases.map(({ name, from }) => [name, from])).toEqual([
      ['v2', 'configuration'],
      ['v2-hotfix', 'configuration'],
    ]);
  });
});

describe.skipIf(!hasGit)('a git repository', () => {
  beforeEach(() => git(at(1), 'init', '-q'));

  it('gives the newest tag whose journal ends at the new head', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    release(2, 'v1.1', '-a', '-m', 'with a fix');
    await journal(['0000_start', '0001_rooms', '0002_guests']);
    release(3, 'v2.0');
    expect(await findReleases(target(), TO, STAYING)).toEqual([
      {
        name: 'v1.1',
        head: '0001_rooms',
        commands: [],
        from: 'git',
        commit: git(at(4), 'rev-parse', 'v1.1^{commit}'),
        taggedAt: '2026-03-02T10:00:00.000Z',
      },
    ]);
  });

  it('knows the folders of drizzle 1.0', async () => {
    for (const tag of ['20260101000000_start', '20260202000000_rooms']) {
      await mkdir(path.join(repository, 'app/drizzle', tag), { recursive: true });
      await writeFile(path.join(repository, 'app/drizzle', tag, 'migration.sql'), 'SELECT 1;');
    }
    release(1, 'v1.0');
    await mkdir(path.join(repository, 'app/drizzle/20260303000000_empty'), { recursive: true });
    await writeFile(path.join(repository, 'app/drizzle/20260303000000_empty/.keep'), '');
    release(2, 'v1.1');
    const [start, rooms] = ['20260101000000_start', '20260202000000_rooms'];
    const to = { tag: rooms, number: '20260202000000' };
    const releases = await findReleases(target(), to, [start, rooms]);
    expect(releases.map(({ name }) => name)).toEqual(['v1.1']);
    expect(await findReleases(target(), { ...to, tag: start }, [start])).toEqual([]);
  });

  it('reads a folder that is the repository itself', async () => {
    await journal(['0000_start', '0001_rooms'], '.');
    release(1, 'v1.0');
    expect(await found('.')).toEqual(['v1.0']);
  });

  it('has none where no tag ends there, or a journal is no journal', async () => {
    await journal(['0000_start']);
    release(1, 'v0.1');
    await writeFile(path.join(repository, 'app/drizzle/meta/_journal.json'), '{"entries": 7');
    release(2, 'v0.2');
    expect(await found()).toEqual([]);
  });

  it('runs nothing that the repository configures', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    const seen = path.join(repository, 'seen');
    const script = path.join(repository, 'monitor.sh');
    await writeFile(script, `#!/bin/sh\ntouch ${seen}\n`, { mode: 0o755 });
    for (const key of ['core.fsmonitor', 'core.pager', 'diff.external', 'core.editor']) {
      git(at(2), 'config', key, script);
    }
    expect(await found()).toEqual(['v1.0']);
    await expect(rm(seen)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('fetches nothing that a partial clone lacks', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    const id = git(at(2), 'rev-parse', 'v1.0:app/drizzle/meta/_journal.json');
    await rm(path.join(repository, '.git/objects', id.slice(0, 2), id.slice(2)));
    const seen = path.join(repository, 'seen');
    const script = path.join(repository, 'upload-pack.sh');
    await writeFile(script, `#!/bin/sh\ntouch ${seen}\n`, { mode: 0o755 });
    const settings = {
      'remote.origin.url': repository,
      'remote.origin.uploadpack': script,
      'remote.origin.promisor': 'true',
      'extensions.partialClone': 'origin',
      'core.repositoryFormatVersion': '1',
    };
    for (const [key, value] of Object.entries(settings)) git(at(2), 'config', key, value);
    expect(await found()).toEqual([]);
    await expect(rm(seen)).rejects.toMatchObject({ code: 'ENOENT' });
    // Without the guard, it would have been asked for.
    expect(() => git(at(2), 'cat-file', 'blob', id)).toThrow();
    await rm(seen);
  });

  it('passes over a tag that would apply something else on its way', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    await journal(['0000_start', '0000_of_a_branch', '0001_rooms']);
    release(2, 'v1.1-branch');
    expect(await found()).toEqual(['v1.0']);
  });

  it('sees tags that come and go', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    expect(await found()).toEqual(['v1.0']);
    release(2, 'v1.1');
    expect(await found()).toEqual(['v1.1']);
    git(at(3), 'tag', '-d', 'v1.1');
    expect(await found()).toEqual(['v1.0']);
  });

  it('prefers the higher version of one moment', async () => {
    await journal(['0000_start', '0001_rooms']);
    for (const name of ['v1.9', 'v1.10', 'v1.8']) release(1, name, '-a', '-m', name);
    expect(await found()).toEqual(['v1.10']);
  });

  it('looks at the newest 200 tags and no further', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v0');
    await journal(['0000_start']);
    release(2, 'v1');
    const id = git(at(2), 'rev-parse', 'HEAD');
    const add = (from: number, to: number) => {
      for (let number = from; number <= to; number += 1) git(at(2), 'tag', `v${number}`, id);
    };
    add(2, 199);
    expect(await found()).toEqual(['v0']);
    add(200, 200);
    expect(await found()).toEqual([]);
  });

  it('is asked for without the environment’s own repository', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    vi.stubEnv('GIT_DIR', path.join(repository, 'elsewhere'));
    vi.stubEnv('GIT_CEILING_DIRECTORIES', repository);
    expect(await found()).toEqual(['v1.0']);
  });

  it('has none when git is not there', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    vi.stubEnv('PATH', repository);
    expect(await found()).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('has none when it belongs to somebody else', async () => {
    await journal(['0000_start', '0001_rooms']);
    release(1, 'v1.0');
    await chown(repository, 12_345, 12_345);
    await chown(path.join(repository, '.git'), 12_345, 12_345);
    // Whom this machine's git trusts besides is not the question here.
    vi.stubEnv('HOME', repository);
    vi.stubEnv('XDG_CONFIG_HOME', repository);
    expect(await found()).toEqual([]);
  });

  it('is not a bare one that lies in the folder', async () => {
    await journal(['0000_start', '0001_rooms'], '.');
    release(1, 'v1.0');
    git(at(2), 'clone', '-q', '--bare', repository, path.join(repository, 'bare'));
    git(at(2), 'tag', '-d', 'v1.0');
    expect(await found('bare')).toEqual([]);
  });
});

it('has none outside of a repository', async () => {
  await journal(['0000_start', '0001_rooms']);
  expect(await found()).toEqual([]);
});
