import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openConnectionEnvironment, programEnvironment } from './connection-environment';

const open = (url: string) =>
  openConnectionEnvironment(url, {
    executorId: 'an-executor',
    applicationName: 'backstep backup B-0001',
  });

afterEach(() => vi.unstubAllEnvs());

describe('the environment of a libpq program', () => {
  it('reaches the database of the URL, with the password in a file of our own only', async () => {
    const { variables, dispose } = await open(
      'postgres://dump%40er:p%3Aa%5Css%20w@db.example:6432/shop%20db?connect_timeout=3',
    );
    expect(variables).toMatchObject({
      PGHOST: 'db.example',
      PGPORT: '6432',
      PGUSER: 'dump@er',
      PGDATABASE: 'shop db',
      PGAPPNAME: 'backstep backup B-0001',
      PGCONNECT_TIMEOUT: '3',
      LC_ALL: 'C',
    });
    expect(JSON.stringify(variables)).not.toContain('ss w');
    const file = variables.PGPASSFILE ?? '';
    expect(await readFile(file, 'utf8')).toBe('*:*:*:*:p\\:a\\\\ss w\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    await dispose();
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['?sslmode=require', 'require'],
    ['?sslmode=no-verify', 'require'],
    ['?ssl=true', 'require'],
    ['', undefined],
  ])('asks for TLS as the driver is asked to: %s', async (query, expected) => {
    const { variables, dispose } = await open(`postgres://someone:secret@127.0.0.1/shop${query}`);
    expect(variables.PGSSLMODE).toBe(expected);
    await dispose();
  });

  it('is as strict as the driver where it has a certificate to verify with', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'backstep-ca-'));
    const certificate = path.join(folder, 'ca.pem');
    await writeFile(certificate, 'the driver reads this file');
    for (const [query, expected] of [
      ['sslmode=require', 'verify-full'],
      ['sslmode=no-verify', 'require'],
      ['sslmode=require&uselibpqcompat=true', 'require'],
    ]) {
      const { variables, dispose } = await open(
        `postgres://someone:secret@127.0.0.1/shop?${query}&sslrootcert=${certificate}`,
      );
      expect(variables).toMatchObject({ PGSSLMODE: expected, PGSSLROOTCERT: certificate });
      await dispose();
    }
    await rm(folder, { recursive: true });
  });

  it('understands a socket folder', async () => {
    const { variables, dispose } = await open(
      'postgres://someone@/shop?host=/var/run/postgresql&options=-c%20work_mem%3D1MB',
    );
    expect(variables).toMatchObject({
      PGHOST: '/var/run/postgresql',
      PGDATABASE: 'shop',
      PGOPTIONS: '-c work_mem=1MB',
    });
    expect(variables.PGPASSFILE).toBeUndefined();
    await dispose();
  });

  it('inherits nothing that is secret or points elsewhere', () => {
    vi.stubEnv('PGHOST', 'elsewhere');
    vi.stubEnv('PGSERVICE', 'elsewhere');
    vi.stubEnv('CONTROL_DATABASE_URL', 'postgres://control:secret@127.0.0.1/control');
    const inherited = programEnvironment();
    expect(inherited.PATH).toBe(process.env.PATH);
    expect(Object.keys(inherited).filter((name) => /^PG|CONTROL/.test(name))).toEqual([]);
  });

  it('refuses a password that libpq cannot be given', async () => {
    await expect(open('postgres://someone:two%0Alines@127.0.0.1/shop')).rejects.toMatchObject({
      code: 'refused',
      message: expect.not.stringContaining('two'),
    });
  });
});
