import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import { createLogger } from '.';

function log(...line: [object, string?] | [string]): {
  text: string;
  line: Record<string, unknown>;
} {
  vi.stubEnv('LOG_LEVEL', 'info');
  let text = '';
  const logger = createLogger('test', (written) => {
    text += written;
  });
  if (typeof line[0] === 'string') logger.error(line[0]);
  else logger.error(line[0], line[1]);
  vi.unstubAllEnvs();
  return { text, line: JSON.parse(text) };
}

describe('the log', () => {
  it('is one line of JSON an event', () => {
    const { text, line } = log(
      { err: new Error('it broke\nin two lines'), id: 'a1' },
      'a request failed',
    );
    expect(text.trimEnd()).not.toContain('\n');
    expect(line).toMatchObject({
      name: 'test',
      id: 'a1',
      msg: 'a request failed',
      err: {
        type: 'Error',
        message: 'it broke\nin two lines',
        stack: expect.stringMatching(/^ +at /),
      },
    });
  });

  it.each([
    'postgres://app:canary@db:5432/shop',
    'postgresql://app:can@canary/y@db/shop',
    'postgres://db/shop?user=app&password=canary&x=1',
    'host=db password=canary user=app',
    'connect to "postgres://app:canary@db/shop" failed',
  ])('holds no password: %s', (text) => {
    for (const written of [
      log(text),
      log({ address: text }),
      log({ deep: [{ err: text }] }),
      log({ err: new Error(text, { cause: new Error(text) }) }),
    ]) {
      expect(written.text).not.toContain('canary');
      expect(written.text).toMatch(/\*\*\*/);
    }
  });

  it('holds no field that is named password', () => {
    expect(log({ password: 'canary', input: { password: 'canary' } }).text).not.toContain('canary');
  });

  it('holds the statement that failed, and none of its values', () => {
    const cause = Object.assign(new Error('null value in column "email"'), {
      code: '23502',
      table: 'users',
      detail: 'Failing row contains (1, canary).',
    });
    const error = new DrizzleQueryError(
      'insert into users values ($1)',
      ['canary\nat dawn'],
      cause,
    );
    const { text, line } = log({ err: error });
    expect(text).not.toContain('canary');
    expect(line).toMatchObject({
      err: {
        message: 'Failed query: insert into users values ($1)',
        cause: { code: '23502', table: 'users', message: 'null value in column "email"' },
      },
    });
  });

  it('tells each of several errors with its own cause', () => {
    const away = new Error('the target is away', { cause: new Error('ECONNREFUSED') });
    const err = new AggregateError(
      [away, new Error('postgres://app:canary@db/shop')],
      'lapsed runs could not be settled',
    );
    const { text, line } = log({ err });
    expect(line).toMatchObject({
      err: {
        message: 'lapsed runs could not be settled',
        errors: [
          { message: 'the target is away', cause: { message: 'ECONNREFUSED' } },
          { message: expect.stringMatching(/\*\*\*/) },
        ],
      },
    });
    expect(text).not.toContain('canary');
  });

  it('takes what is no error, and an error that is its own cause', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(log({ err: circle }).line).toMatchObject({ err: { message: 'round' } });
    expect(log({ err: 'a text' }).line).toMatchObject({ err: 'a text' });
    expect(log({ err: undefined }, 'x').line).toMatchObject({ msg: 'x' });
  });
});
