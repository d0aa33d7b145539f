import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import { diffCatalogs, fingerprint, snapshotCatalog } from './index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

const ROLE = `surroundings_${randomBytes(6).toString('hex')}`;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  await client.query(`
    SET search_path = public;
    CREATE ROLE ${ROLE} LOGIN PASSWORD 'hush-1' VALID UNTIL '2031-02-03 04:05:06+00';
    CREATE ROLE ${ROLE}_member; GRANT ${ROLE} TO ${ROLE}_member WITH ADMIN OPTION;
    CREATE TABLE t (a int, b int);
    CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
    CREATE USER MAPPING FOR ${ROLE} SERVER s OPTIONS (user 'guest', password 'hush-2', api_key 'hush-3');
    CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere password=hush-4' PUBLICATION p, q
      WITH (connect = false, slot_name = NONE);`);
});

afterAll(async () => {
  await client?.query(
    `DROP SUBSCRIPTION sub; DROP USER MAPPING FOR ${ROLE} SERVER s; DROP ROLE ${ROLE}, ${ROLE}_member`,
  );
  await client?.end();
  await database?.drop();
});

const read = (cluster = true) => snapshotCatalog(client, { tracking, cluster });

/** Runs statements, looks, and takes them back. */
async function after(sql: string): Promise<CatalogSnapshot> {
  await client.query(`BEGIN; ${sql}`);
  try {
    return await read();
  } finally {
    await client.query('ROLLBACK');
  }
}

test('an ordinary snapshot has nothing of the server’s, and its fingerprint is that of the whole one', async () => {
  const [plain, whole] = [await read(false), await read()];
  const kinds = new Set(Object.values(plain.objects).map(({ kind }) => kind));
  for (const kind of ['role', 'setting', 'database', 'subscription', 'user_mapping', 'comment']) {
    expect(kinds).not.toContain(kind);
  }
  expect(whole.objects).toMatchObject(plain.objects);
  expect(whole.objects).toHaveProperty([`role ${ROLE}`]);
  expect(fingerprint(whole)).toBe(fingerprint(plain));
});

test('tells what a role may, and of its password only that there is one', async () => {
  const { objects } = await read();
  expect(objects[`role ${ROLE}`]?.attributes).toEqual({
    login: true,
    password: true,
    valid_until: '2031-02-03T04:05:06+00:00',
  });
  expect(objects[`role ${ROLE}_member`]?.attributes).toEqual({
    member_of: `${ROLE} with admin option`,
  });
  expect(Object.keys(objects).filter((key) => key.startsWith('role pg_'))).toEqual([]);
});

test('no secret is read', async () => {
  const { objects } = await read();
  expect(objects[`user_mapping for ${ROLE} on s`]?.attributes).toEqual({
    options: 'api_key=…, password=…, user=guest',
  });
  expect(objects['subscription sub']?.attributes).toMatchObject({
    disabled: true,
    publications: 'p, q',
  });
  expect(JSON.stringify(objects)).not.toContain('hush-');
});

test('a role without any rights can read it too, passwords and other people’s mappings aside', async () => {
  const expected = await read();
  await client.query(`SET ROLE ${ROLE}_member`);
  const seen = await read();
  await client.query('RESET ROLE');
  expect(diffCatalogs(expected, seen).filter(({ name }) => name.includes(ROLE))).toEqual([
    {
      change: 'changed',
      kind: 'role',
      name: ROLE,
      before: `role ${ROLE}`,
      after: `role ${ROLE}`,
      attributes: [{ name: 'password', before: 'yes', after: 'no' }],
    },
    {
      change: 'changed',
      kind: 'user_mapping',
      name: `for ${ROLE} on s`,
      before: `user mapping for ${ROLE} on s`,
      after: `user mapping for ${ROLE} on s`,
      attributes: [{ name: 'options', before: 'api_key=…, password=…, user=guest', after: null }],
    },
  ]);
  expect(fingerprint(seen)).toBe(fingerprint(expected));
});

test('the database has one name wherever it is copied to, and settings of others do not count', async () => {
  const other = await createTestDatabase({ template: 'template0' });
  const own = await other.connect();
  try {
    await client.query(`ALTER DATABASE ${other.name} SET work_mem = '9MB'`);
    const objects = Object.keys((await read()).objects);
    expect(objects).toContain('database the database');
    expect(objects.filter((key) => key.startsWith('setting of everybody'))).toEqual([]);
    const theirs = await snapshotCatalog(own, { tracking, cluster: true });
    expect(theirs.objects['setting of everybody in the database: work_mem']?.attributes).toEqual({
      value: '9MB',
    });
  } finally {
    await own.end();
    await other.drop();
  }
});

test('a table that lies elsewhere differs in that alone, and only with rights', async () => {
  const before = await read();
  // A tablespace of one's own needs a folder of the server; PostgreSQL's other one will do.
  const elsewhere = await after(
    "UPDATE pg_class SET reltablespace = (SELECT oid FROM pg_tablespace WHERE spcname = 'pg_global') WHERE relname = 't'",
  );
  expect(diffCatalogs(before, elsewhere)).toEqual([]);
  expect(diffCatalogs(before, elsewhere, { rights: true })).toMatchObject([
    { name: 'public.t', attributes: [{ name: 'tablespace', before: null, after: 'pg_global' }] },
  ]);
});

test('security labels are objects by what they are on', async () => {
  const before = await read();
  // Labels need a provider, which is a library; the catalog needs none.
  const labelled = await after(
    `INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 2, 'guard', 'secret')`,
  );
  expect(diffCatalogs(before, labelled)).toEqual([
    {
      change: 'added',
      kind: 'security_label',
      name: 'guard on table column public.t.b',
      after: 'security label guard on table column public.t.b: secret',
    },
  ]);
});

test('statistics and publications name columns in an order that does not depend on the table’s', async () => {
  const STATEMENTS = `CREATE STATISTICS st (ndistinct, mcv) ON a, b, (a + b) FROM t;
    CREATE PUBLICATION pub FOR TABLE t (a, b);`;
  const before = await after(STATEMENTS);
  expect(before.objects['statistics public.st']?.attributes.definition).toBe(
    'CREATE STATISTICS public.st (ndistinct, mcv) ON a, b, ((a + b)) FROM public.t',
  );
  const turned = await after(`ALTER TABLE t DROP a; ALTER TABLE t ADD a int; ${STATEMENTS}`);
  expect(diffCatalogs(before, turned, { rights: true })).toEqual([]);
});
