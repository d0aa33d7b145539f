import { describe, expect, it } from 'vitest';
import { restoreInstructions } from './restore-instructions';

const facts = {
  create: false,
  rename: false,
  role: 'app',
  owner: 'owner "x"',
  database: 'agentim',
  restored: 'agentim_restore_b0021_er0001',
  former: 'agentim_before_er0001',
  folder: "/backups/it's here",
  jobs: 2,
};

describe('the instructions for a role that may not', () => {
  it('are none where it may', () => {
    expect(restoreInstructions({ ...facts, create: true, rename: true })).toEqual([]);
  });

  it('begin with what to grant, and nothing more than what is missing', () => {
    const first = (more: Partial<typeof facts>) =>
      restoreInstructions({ ...facts, ...more })
        .slice(0, 2)
        .map(({ command }) => command);
    expect(first({})).toEqual(['ALTER ROLE "app" CREATEDB;', 'GRANT "owner ""x""" TO "app";']);
    expect(first({ create: true })[0]).toBe('GRANT "owner ""x""" TO "app";');
    expect(first({ rename: true })[0]).toBe('ALTER ROLE "app" CREATEDB;');
  });

  it('restore and swap by hand, with quoted names, in one transaction', () => {
    const commands = restoreInstructions(facts).map(({ command }) => command);
    expect(commands).toContain(
      'CREATE DATABASE "agentim_restore_b0021_er0001" TEMPLATE template0 OWNER "owner ""x""";',
    );
    expect(commands).toContain(
      "pg_restore --jobs=2 --exit-on-error --no-password --dbname=agentim_restore_b0021_er0001 '/backups/it'\\''s here'",
    );
    expect(commands).toContain(
      'BEGIN;\nALTER DATABASE "agentim" RENAME TO "agentim_before_er0001";\nALTER DATABASE "agentim_restore_b0021_er0001" RENAME TO "agentim";\nCOMMIT;',
    );
  });

  it('say to fetch a backup that lies in no folder', () => {
    const text = restoreInstructions({ ...facts, folder: null }).map((line) => line.text);
    expect(text.join(' ')).toMatch(/Fetch the backup/);
  });
});
