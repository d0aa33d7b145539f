import { describe, expect, it } from 'vitest';
import { readArguments, UsageError } from './arguments';

const read = (line: string) => readArguments(line.split(' ').filter(Boolean), '/repo');

describe('readArguments', () => {
  it('takes relative folders from where the command was given', () => {
    expect(read('check --migrations drizzle --rollbacks ../down --from 0019')).toEqual({
      command: 'check',
      migrations: '/repo/drizzle',
      rollbacks: '/down',
      pattern: undefined,
      tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
      from: '0019',
      json: false,
    });
  });

  it('reads lists', () => {
    expect(read('prove --migrations d --only 0001_a,0002 --allow missing,unproven')).toMatchObject({
      only: ['0001_a', '0002'],
      allow: ['missing', 'unproven'],
      server: undefined,
    });
  });

  it.each([
    ['', 'help'],
    ['--help', 'help'],
    ['check -h', 'help'],
    ['--version', 'version'],
  ])('%s', (line, command) => expect(read(line)).toMatchObject({ command }));

  it.each([
    ['migrate', /no command 'migrate'/],
    ['check', /--migrations is missing/],
    ['check --migrations d --server postgres://x', /server/],
    ['check --migrations d extra', /extra/],
    ['prove --migrations d --allow perfect', /perfect is no grade/],
    ['prove --migrations d --only ,', /names nothing/],
    ['prove --migrations d --tracking rows', /schema\.table/],
    ['check --migrations d --pattern rollback.sql', /\{tag\} or \{number\}/],
    ['check --migrations d --pattern {tag}_{foo}.sql', /no other braces/],
  ])('refuses %s', (line, words) => {
    expect(() => read(line)).toThrow(UsageError);
    expect(() => read(line)).toThrow(words);
  });

  it('never repeats a server that may hold a password', () => {
    expect(() => read('prove --migrations d --server mysql://me:secret@db')).toThrow(
      /^(?!.*secret)/,
    );
  });
});
