import { describe, expect, it } from 'vitest';
import { readEnvironment } from '.';

const ROOT = '/srv/backstep';

describe('the environment', () => {
  it('may be empty', () => {
    expect(readEnvironment({}, ROOT)).toEqual({
      controlUrl: undefined,
      scratchUrl: undefined,
      home: '/srv/backstep/.backstep',
      configPath: '/srv/backstep/backstep.config.yaml',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      authSecret: undefined,
    });
  });

  it('sets every value', () => {
    expect(
      readEnvironment(
        {
          PORT: '8080',
          BACKSTEP_HOME: '/var/lib/backstep',
          BACKSTEP_CONFIG: 'etc/config.yaml',
          CONTROL_DATABASE_URL: 'postgres://u:p@host/control',
          SCRATCH_DATABASE_URL: 'postgresql://u:p@host/scratch',
          BACKSTEP_URL: 'https://backstep.example.com/',
          NEXTAUTH_SECRET: 'x'.repeat(32),
        },
        ROOT,
      ),
    ).toEqual({
      controlUrl: 'postgres://u:p@host/control',
      scratchUrl: 'postgresql://u:p@host/scratch',
      home: '/var/lib/backstep',
      configPath: '/srv/backstep/etc/config.yaml',
      port: 8080,
      publicUrl: 'https://backstep.example.com',
      authSecret: 'x'.repeat(32),
    });
  });

  it('takes a variable without a value for one that is not set', () => {
    const environment = readEnvironment(
      { PORT: '', BACKSTEP_HOME: ' ', CONTROL_DATABASE_URL: '' },
      ROOT,
    );
    expect(environment).toMatchObject({ port: 3000, home: '/srv/backstep/.backstep' });
    expect(environment.controlUrl).toBeUndefined();
  });

  it('names every wrong variable and never its value', () => {
    const bad = {
      PORT: 'canary',
      CONTROL_DATABASE_URL: 'mysql://canary@host/db',
      BACKSTEP_URL: 'https://canary.example.com/path',
      NEXTAUTH_SECRET: 'canary',
    };
    let message = '';
    try {
      readEnvironment(bad, ROOT);
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    expect(message.split('\n')).toEqual([
      'The variable PORT must be a port between 1 and 65535.',
      expect.stringMatching(/^The variable CONTROL_DATABASE_URL must be a connection string/),
      expect.stringMatching(/^The variable BACKSTEP_URL must be where people reach Backstep/),
      expect.stringMatching(/^The variable NEXTAUTH_SECRET must have at least 32 characters/),
    ]);
    expect(message).not.toContain('canary');
  });
});
