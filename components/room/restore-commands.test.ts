import { describe, expect, it } from 'vitest';
import { restoreCommands } from './restore-commands';

const backup = { label: 'B-0021', location: '/var/lib/backstep/B-0021' };

describe('restoreCommands', () => {
  it('goes into a database of a name of its own', () => {
    expect(restoreCommands('db-prod-1:5432/agentim', backup)).toEqual({
      database: 'agentim_restore_b0021',
      create: 'createdb --host=db-prod-1 --port=5432 --template=template0 agentim_restore_b0021',
      restore:
        'pg_restore --host=db-prod-1 --port=5432 --dbname=agentim_restore_b0021 --jobs=2 --exit-on-error /var/lib/backstep/B-0021',
    });
  });

  it.each([
    ['127.0.0.1/app', '--host=127.0.0.1 --template'],
    ['[::1]:5433/app', '--host=::1 --port=5433'],
    ['/app', 'createdb --template'],
    ['app', 'createdb --template'],
  ])('reads the address %s', (address, part) => {
    const { create, database } = restoreCommands(address, backup);
    expect(create).toContain(part);
    expect(database).toBe('app_restore_b0021');
  });

  it('quotes what a shell would take apart', () => {
    const { create, restore } = restoreCommands("h:1/team's app", {
      label: 'B-0001',
      location: '/mnt/back ups/$HOME/B-0001',
    });
    expect(create).toContain(`'team'\\''s app_restore_b0001'`);
    expect(restore).toContain(`'/mnt/back ups/$HOME/B-0001'`);
  });
});
