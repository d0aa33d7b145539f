import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ANONYMOUS } from '@/lib/core/actor';
import { contextFor, controlDb, currentConfig, publicUrl } from './runtime';

let folder: string;
let file: string;
let saved = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-runtime-'));
  file = path.join(folder, 'backstep.config.yaml');
  vi.stubEnv('BACKSTEP_CONFIG', file);
  vi.stubEnv('BACKSTEP_URL', 'https://backstep.example.com/');
  // Nothing here asks it anything, so nothing listens.
  vi.stubEnv('CONTROL_DATABASE_URL', 'postgres://nobody@127.0.0.1:9/nowhere');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const target = (name: string) => `targets:
  - name: ${name}
    environment: staging
    url: postgres://app@db.example.com/shop
    migrations: drizzle
    rollbacks: rollback
`;

/** Saves the file at a time of its own: two saves within one tick of the clock are two changes. */
async function save(text: string): Promise<void> {
  await writeFile(file, text);
  saved += 1;
  const at = new Date(Date.UTC(2026, 0, 1) + saved * 1_000);
  await utimes(file, at, at);
}

const targets = async () => (await currentConfig()).config.targets.map(({ name }) => name);

it('a configuration that was never good stops whoever asks, until it is mended', async () => {
  await expect(currentConfig()).rejects.toMatchObject({ code: 'config_invalid' });
  await save('targets: 7\n');
  await expect(contextFor(ANONYMOUS)).rejects.toMatchObject({ code: 'config_invalid' });
  await save(target('first'));
  expect(await targets()).toEqual(['first']);
});

it('a change of the file counts from the next request on', async () => {
  await save(target('second'));
  const ctx = await contextFor(ANONYMOUS);
  expect(ctx.config.targets).toMatchObject([{ name: 'second' }]);
  expect(ctx.actor).toBe(ANONYMOUS);
});

it('an unchanged file is not read again', async () => {
  expect((await currentConfig()).config).toBe((await currentConfig()).config);
});

it('a file broken while the server runs keeps the last good one, and is told about', async () => {
  await save(target('good'));
  expect(await currentConfig()).toMatchObject({ problem: undefined });
  await save('targets:\n  - name: [\n');
  for (const _ of [1, 2]) {
    const { config, problem } = await currentConfig();
    expect(config.targets).toMatchObject([{ name: 'good' }]);
    expect(problem).toContain(file);
  }
  await save(target('mended'));
  expect(await currentConfig()).toMatchObject({
    config: { targets: [{ name: 'mended' }] },
    problem: undefined,
  });
});

it('a file that is gone keeps the last good one, too', async () => {
  await save(target('kept'));
  expect(await targets()).toEqual(['kept']);
  await rm(file);
  const { config, problem } = await currentConfig();
  expect(config.targets).toMatchObject([{ name: 'kept' }]);
  expect(problem).toContain(file);
  await save(target('back'));
  expect(await targets()).toEqual(['back']);
});

it('another copy of the module, as the bundler makes them, shares the connections', async () => {
  const db = controlDb();
  vi.resetModules();
  const copy = await import('./runtime');
  expect(copy.contextFor).not.toBe(contextFor);
  expect(copy.controlDb()).toBe(db);
  expect(copy.publicUrl()).toBe(publicUrl());
  expect(publicUrl()).toBe('https://backstep.example.com');
});
