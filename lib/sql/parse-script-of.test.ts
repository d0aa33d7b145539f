import { describe, expect, it } from 'vitest';
import { parseScriptOf, parseUp } from '.';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };
const read = async (up: string, down: string) =>
  parseScriptOf(await parseUp(up), Buffer.from(down), { tracking });
const whole = 'DROP SCHEMA app CASCADE';

describe('DROP SCHEMA … CASCADE', () => {
  it.each([
    ['CREATE SCHEMA app', whole],
    ['CREATE SCHEMA IF NOT EXISTS "app"', 'DROP SCHEMA IF EXISTS app CASCADE'],
    ['CREATE SCHEMA "My App"', 'DROP SCHEMA "My App" CASCADE'],
    ['CREATE SCHEMA app', `DO $$ BEGIN ${whole}; END $$`],
  ])('is a danger where the migration created the schema: %s', async (up, down) => {
    const parsed = await read(up, down);
    if (!parsed.ok) throw new Error(parsed.refusals[0]?.message);
    const codes = parsed.statements.flatMap(({ hazards }) => hazards.map(({ code }) => code));
    expect(codes).toEqual(expect.arrayContaining(['drops_schema', 'cascade']));
  });

  it.each([
    ['CREATE TABLE app.rooms (id int)', whole],
    ['CREATE SCHEMA application', whole],
    ['CREATE SCHEMA app', 'DROP SCHEMA app, public CASCADE'],
    ['CREATE TABLE rooms (id int)', `DO $$ BEGIN ${whole}; END $$`],
  ])('is refused where it did not: %s', async (up, down) => {
    expect(await read(up, `SELECT 1;\n${down};`)).toMatchObject({
      ok: false,
      refusals: [{ code: 'forbidden_statement', line: 2 }],
    });
  });

  it('of an empty schema, without CASCADE, is nobody else’s matter', async () => {
    expect(await read('CREATE TABLE rooms (id int)', 'DROP SCHEMA app')).toMatchObject({
      ok: true,
    });
  });
});

it('takes DROP OWNED for a danger', async () => {
  const parsed = await read('CREATE ROLE app', 'DROP OWNED BY app CASCADE');
  expect(parsed).toMatchObject({
    ok: true,
    statements: [
      {
        hazards: expect.arrayContaining([
          expect.objectContaining({
            severity: 'danger',
            label: 'Drops everything that app owns here',
          }),
        ]),
      },
    ],
  });
});

it('judges a change of type by what the migration made of the column', async () => {
  const down = 'ALTER TABLE t ALTER COLUMN n TYPE integer';
  const danger = async (up: string) => {
    const parsed = await read(up, down);
    if (!parsed.ok) throw new Error(parsed.refusals[0]?.message);
    return parsed.statements[0]?.hazards.find(({ code }) => code === 'changes_type')?.severity;
  };
  expect(await danger('ALTER TABLE t ALTER COLUMN n TYPE bigint')).toBe('danger');
  expect(await danger('ALTER TABLE t ALTER COLUMN n TYPE smallint')).not.toBe('danger');
});

it.each([
  "SET lock_timeout = '2s'",
  'SET LOCAL lock_timeout = 3000',
  "SET LOCAL statement_timeout TO '5min'",
  "SELECT set_config('lock_timeout', '500ms', true)",
  "ALTER ROLE app SET statement_timeout = '6s'",
  "ALTER DATABASE d SET statement_timeout = '6s'",
])('lets a script tighten a timeout, and set those of later sessions: %s', async (down) => {
  expect(await read('CREATE TABLE t (id int)', down)).toMatchObject({ ok: true });
});
