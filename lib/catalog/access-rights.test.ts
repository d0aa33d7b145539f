import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogObject, CatalogSnapshot } from '@/lib/core/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { rightsInWords, rightsOf } from './access-rights';
import { diffCatalogs, snapshotCatalog, splitDifference } from './index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query('SET search_path = public');
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** Roles of a transaction that is rolled back: nobody else sees them. */
const ROLES = 'CREATE ROLE rights_anon; CREATE ROLE "Anon Two"; CREATE ROLE rights_keeper;';

async function between(setup: string, alter: string) {
  await client.query('BEGIN');
  try {
    await client.query(ROLES + setup);
    const before = await snapshotCatalog(client, { tracking, cluster: true });
    await client.query(alter);
    const after = await snapshotCatalog(client, { tracking, cluster: true });
    return { before, after };
  } finally {
    await client.query('ROLLBACK');
  }
}

function rights(before: CatalogSnapshot, after: CatalogSnapshot) {
  return diffCatalogs(before, after, { rights: true }).map(({ kind, name, attributes }) => [
    `${kind} ${name}`,
    ...(attributes ?? []).map((one) => `${one.name}: ${one.before} → ${one.after}`),
  ]);
}

test.each<[string, string, string, string[][]]>([
  [
    'a right granted to a role',
    'CREATE TABLE t (a int)',
    'GRANT SELECT, INSERT ON t TO rights_anon',
    [['table public.t', 'access rights: null → rights_anon: SELECT, INSERT']],
  ],
  [
    'only those whose rights differ are told',
    'CREATE TABLE t (a int); GRANT SELECT ON t TO PUBLIC; GRANT SELECT ON t TO rights_anon',
    'GRANT DELETE ON t TO rights_anon; REVOKE SELECT ON t FROM PUBLIC; GRANT SELECT ON t TO "Anon Two"',
    [
      [
        'table public.t',
        'access rights: PUBLIC: SELECT; rights_anon: SELECT → "Anon Two": SELECT; rights_anon: SELECT, DELETE',
      ],
    ],
  ],
  [
    'the right to grant on',
    'CREATE TABLE t (a int); GRANT SELECT, UPDATE ON t TO rights_anon',
    'GRANT SELECT ON t TO rights_anon WITH GRANT OPTION',
    [
      [
        'table public.t',
        'access rights: rights_anon: SELECT, UPDATE → rights_anon: SELECT with grant option, UPDATE',
      ],
    ],
  ],
  [
    'all rights taken away, the owner’s too',
    'CREATE SEQUENCE s',
    'REVOKE ALL ON SEQUENCE s FROM CURRENT_USER',
    [['sequence public.s', 'access rights: owner: SELECT, UPDATE, USAGE → null']],
  ],
  [
    'the default right of everybody taken away',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    'REVOKE ALL ON FUNCTION f() FROM PUBLIC',
    [['function public.f()', 'access rights: PUBLIC: EXECUTE → null']],
  ],
  [
    'the right on a column',
    'CREATE TABLE t (a int)',
    'GRANT UPDATE (a) ON t TO rights_anon',
    [['column public.t.a', 'access rights: null → rights_anon: UPDATE']],
  ],
  [
    'the rights on a foreign data wrapper and a server',
    'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w',
    'GRANT USAGE ON FOREIGN DATA WRAPPER w TO rights_anon; GRANT USAGE ON FOREIGN SERVER s TO rights_anon',
    [
      ['foreign_server server s', 'access rights: null → rights_anon: USAGE'],
      ['foreign_server wrapper w', 'access rights: null → rights_anon: USAGE'],
    ],
  ],
  [
    'another owner has what the old one had',
    'CREATE TABLE t (a int); GRANT SELECT ON t TO rights_anon',
    'ALTER TABLE t OWNER TO rights_keeper',
    [['table public.t', 'owner: backstep → rights_keeper']],
  ],
  [
    'a role by the name of owner is not the owner',
    'CREATE ROLE owner; CREATE TABLE t (a int)',
    'GRANT SELECT ON t TO owner',
    [['table public.t', 'access rights: null → "owner": SELECT']],
  ],
])('%s', async (_what, setup, alter, expected) => {
  const { before, after } = await between(setup, alter);
  expect(rights(before, after)).toEqual(expected);
  expect(diffCatalogs(before, after)).toEqual([]);
});

test.each([
  [
    'granted and revoked again',
    'CREATE TABLE t (a int)',
    'GRANT SELECT, UPDATE (a) ON t TO rights_anon; REVOKE SELECT, UPDATE (a) ON t FROM rights_anon',
  ],
  [
    'revoked and granted again',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE mood AS ENUM ();",
    `REVOKE ALL ON FUNCTION f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO PUBLIC;
     REVOKE ALL ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO PUBLIC`,
  ],
  [
    'granted in another order',
    'CREATE TABLE t (a int); GRANT SELECT ON t TO rights_anon; GRANT SELECT ON t TO rights_keeper',
    'REVOKE ALL ON t FROM rights_anon, rights_keeper; GRANT SELECT ON t TO rights_keeper; GRANT SELECT ON t TO rights_anon',
  ],
  [
    'granted by somebody else',
    'CREATE TABLE t (a int); GRANT SELECT ON t TO rights_anon WITH GRANT OPTION; GRANT SELECT ON t TO rights_keeper',
    'REVOKE SELECT ON t FROM rights_keeper; SET LOCAL ROLE rights_anon; GRANT SELECT ON t TO rights_keeper; RESET ROLE',
  ],
])('%s: no difference', async (_what, setup, alter) => {
  const { before, after } = await between(setup, alter);
  expect(rights(before, after)).toEqual([]);
});

describe('rights are split by direction, privilege by privilege', () => {
  test('of an object', async () => {
    const { before, after } = await between(
      'CREATE TABLE t (a int); GRANT SELECT, INSERT ON t TO rights_anon',
      'REVOKE INSERT ON t FROM rights_anon; GRANT DELETE ON t TO rights_anon; GRANT SELECT ON t TO rights_keeper',
    );
    expect(splitDifference(before, after, { rights: true })).toMatchObject({
      residue: ['rights on table public.t (rights_anon: DELETE; rights_keeper: SELECT)'],
      missing: ['rights on table public.t (rights_anon: INSERT)'],
    });
  });

  test('a grant option left behind does not make the privilege itself missing', async () => {
    const { before, after } = await between(
      `CREATE TABLE t (a int); GRANT SELECT ON t TO rights_anon;
       ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO rights_anon`,
      `GRANT SELECT ON t TO rights_anon WITH GRANT OPTION;
       ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO rights_anon WITH GRANT OPTION`,
    );
    expect(splitDifference(before, after, { rights: true })).toMatchObject({
      residue: [
        'rights on table public.t (rights_anon: SELECT with grant option)',
        'default rights on tables in public (rights_anon: SELECT with grant option, INSERT with grant option)',
      ],
      missing: [],
    });
  });
});

test('no access list means what PostgreSQL takes it for', async () => {
  const KINDS = {
    table: 'r',
    view: 'r',
    materialized_view: 'r',
    foreign_table: 'r',
    sequence: 's',
    schema: 'n',
    function: 'f',
    type: 'T',
    language: 'l',
    foreign_server: 'S',
    database: 'd',
    tablespace: 't',
    column: 'c',
  } as const;
  for (const [kind, letter] of Object.entries(KINDS) as [keyof typeof KINDS, string][]) {
    const { rows } = await client.query<{ acl: string[]; owner: string; version: number }>(
      `SELECT acldefault($1, r.oid)::text[] AS acl, r.rolname::text AS owner,
         current_setting('server_version_num')::int AS version
       FROM pg_roles r WHERE r.rolname = current_user`,
      [letter],
    );
    const [row] = rows;
    if (!row) throw new Error('the current role is not in pg_roles');
    const object: CatalogObject = { kind, name: 'x', owner: row.owner, attributes: {} };
    const explicit = rightsInWords(rightsOf({ ...object, acl: row.acl }, row.version));
    expect([kind, rightsInWords(rightsOf(object, row.version))]).toEqual([kind, explicit]);
  }
});

test('reads names that PostgreSQL puts in quotes', () => {
  const object: CatalogObject = {
    kind: 'table',
    name: 'public.t',
    owner: 'a=b',
    acl: ['"a=b"=r*w/"a=b"', '"say ""hi"""=D/x', '=x/"a=b"', 'some_one=m/x'],
    attributes: {},
  };
  expect(rightsInWords(rightsOf(object, 170_000))).toBe(
    '"say ""hi""": TRUNCATE; PUBLIC: REFERENCES; owner: SELECT with grant option, UPDATE; some_one: MAINTAIN',
  );
  expect(() => rightsOf({ ...object, acl: ['nonsense'] }, 170_000)).toThrow('nonsense');
});
