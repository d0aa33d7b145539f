import { expect, test } from 'vitest';
import { captureRows } from './capture-rows';
import { plantRows } from './plant-rows';
import { tableOf, withSchema } from './rows-database.fixture';

/** Each is the body of a table that takes at least three rows. */
const CONDITIONS: Record<string, string> = {
  'one of a list': `s text NOT NULL CHECK (s IN ('new', 'open', 'done')), n int CHECK (n = ANY (ARRAY[3, 5, 8]))`,
  comparisons: `price numeric NOT NULL CHECK (price > 99.5 AND price <= 1000), n int NOT NULL CHECK (n BETWEEN 12 AND 17)`,
  'columns compared': `a int NOT NULL, b int NOT NULL CHECK (a < b), from_at timestamptz NOT NULL, to_at timestamptz NOT NULL, CHECK (to_at > from_at)`,
  lengths: `s text NOT NULL CHECK (length(s) = 12), t varchar(80) NOT NULL CHECK (char_length(btrim(t)) >= 30)`,
  patterns: `s text NOT NULL CHECK (s ~ '^[A-Z]{2,3}-\\d{4}$'), h text NOT NULL CHECK (h ~* '^#(?:[0-9a-f]{3}){1,2}$'), m text NOT NULL CHECK (m ~ '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$'), l text NOT NULL CHECK (l LIKE 'https://%')`,
  'one of two columns': `a text, b text, CHECK (a IS NOT NULL OR b IS NOT NULL), CHECK (num_nonnulls(a, b) = 1)`,
  'depending columns': `state text NOT NULL CHECK (state IN ('open', 'closed')), closed_at timestamptz, note text, CHECK ((state = 'closed') = (closed_at IS NOT NULL)), CHECK (state <> 'closed' OR length(btrim(coalesce(note, ''))) > 3)`,
  'keys of json': `v int NOT NULL, doc jsonb NOT NULL CHECK (doc ? 'version' AND (doc ->> 'version')::int = v), list jsonb NOT NULL CHECK (jsonb_typeof(list) = 'array')`,
  arrays: `tags text[] NOT NULL CHECK (cardinality(tags) > 0 AND tags <@ ARRAY['a', 'b', 'c'])`,
  functions: `n int NOT NULL CHECK (is_even(n)), lower_name text NOT NULL CHECK (lower_name = lower(lower_name))`,
  dates: `born date NOT NULL CHECK (born > '1990-01-01' AND born < '1990-01-20'), t time NOT NULL CHECK (t >= '09:00')`,
  'a generated column': `net numeric(8,2) NOT NULL, gross numeric GENERATED ALWAYS AS (net * 1.2) STORED CHECK (gross BETWEEN 1 AND 50)`,
  'a fixed value': `tz text NOT NULL DEFAULT 'Asia/Tokyo' CHECK (tz = 'Asia/Tokyo')`,
};

const FUNCTIONS = `CREATE FUNCTION is_even(n int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0';`;

test.each(Object.entries(CONDITIONS))('satisfies conditions: %s', async (_name, body) => {
  const sql = `${FUNCTIONS} CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${body})`;
  await withSchema(sql, async (client, tables) => {
    expect(await plantRows(client, tables)).toEqual({
      tables: [{ name: 'public.t', rows: 3 }],
      empty: [],
    });
    expect((await plantRows(client, tables, { salt: 'again' })).tables).toEqual([
      { name: 'public.t', rows: 3 },
    ]);
  });
});

/** Each is a set of tables, all of which can be filled twice. */
const SCHEMAS: Record<string, string> = {
  'unique values': `CREATE TABLE t (a text UNIQUE, b varchar(4) NOT NULL, c int NOT NULL, d text NOT NULL, UNIQUE (b, c));
    CREATE UNIQUE INDEX ON t (lower(d)); CREATE UNIQUE INDEX ON t ((c > 0), d) WHERE d IS NOT NULL`,
  'one active row per owner': `CREATE TABLE o (id uuid PRIMARY KEY DEFAULT gen_random_uuid());
    CREATE TABLE t (id serial PRIMARY KEY, o_id uuid NOT NULL REFERENCES o, active bool NOT NULL); CREATE UNIQUE INDEX ON t (o_id) WHERE active`,
  exclusion: `CREATE EXTENSION btree_gist; CREATE TABLE room (id serial PRIMARY KEY);
    CREATE TABLE t (room_id int NOT NULL REFERENCES room, during tstzrange NOT NULL, EXCLUDE USING gist (room_id WITH =, during WITH &&))`,
  'deferred constraints':
    `CREATE TABLE p (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, pos int UNIQUE DEFERRABLE);
    CREATE TABLE c (id int PRIMARY KEY, p_pos int NOT NULL REFERENCES p(pos) DEFERRABLE INITIALLY DEFERRED)`.replace(
      'UNIQUE DEFERRABLE)',
      'UNIQUE)',
    ),
  'a tree': `CREATE TABLE t (id serial PRIMARY KEY, parent_id int REFERENCES t, root_id int NOT NULL REFERENCES t)`,
  'a tree per tenant': `CREATE TABLE tenant (id int PRIMARY KEY);
    CREATE TABLE t (tenant_id int NOT NULL REFERENCES tenant, id int, parent_id int, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, parent_id) REFERENCES t (tenant_id, id))`,
  'a circle with a nullable key': `CREATE TABLE org (id uuid PRIMARY KEY, owner_id uuid);
    CREATE TABLE person (id uuid PRIMARY KEY, org_id uuid NOT NULL REFERENCES org); ALTER TABLE org ADD FOREIGN KEY (owner_id) REFERENCES person`,
  'a circle without one': `CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b_id uuid NOT NULL);
    CREATE TABLE b (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), a_id int NOT NULL REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b`,
  'keys that share a column': `CREATE TABLE tenant (id uuid PRIMARY KEY);
    CREATE TABLE person (tenant_id uuid NOT NULL REFERENCES tenant, id int, PRIMARY KEY (tenant_id, id));
    CREATE TABLE team (tenant_id uuid NOT NULL REFERENCES tenant, id int, lead int, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, lead) REFERENCES person);
    CREATE TABLE member (tenant_id uuid, person_id int, team_id int, PRIMARY KEY (tenant_id, person_id, team_id), FOREIGN KEY (tenant_id, person_id) REFERENCES person, FOREIGN KEY (tenant_id, team_id) REFERENCES team)`,
  'one to one': `CREATE TABLE p (id serial PRIMARY KEY); CREATE TABLE c (p_id int PRIMARY KEY REFERENCES p, note text)`,
  'a condition on keys': `CREATE TABLE p (id serial PRIMARY KEY); CREATE TABLE q (id serial PRIMARY KEY);
    CREATE TABLE c (p_id int REFERENCES p, q_id int REFERENCES q, CHECK (num_nonnulls(p_id, q_id) = 1)); CREATE TABLE pair (a int NOT NULL REFERENCES p, b int NOT NULL REFERENCES p, CHECK (a <> b))`,
  partitions: `CREATE TABLE by_range (at timestamptz NOT NULL, n int) PARTITION BY RANGE (at);
    CREATE TABLE by_range_1 PARTITION OF by_range FOR VALUES FROM ('2031-01-01') TO ('2031-02-01');
    CREATE TABLE by_list (kind text NOT NULL) PARTITION BY LIST (kind); CREATE TABLE by_list_1 PARTITION OF by_list FOR VALUES IN ('x', 'y');
    CREATE TABLE by_hash (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE TABLE deep (a int NOT NULL, b text NOT NULL) PARTITION BY LIST (a); CREATE TABLE deep_1 PARTITION OF deep FOR VALUES IN (77) PARTITION BY RANGE (b);
    CREATE TABLE deep_1_1 PARTITION OF deep_1 FOR VALUES FROM ('m') TO ('n'); CREATE TABLE child (h int NOT NULL REFERENCES by_hash)`,
  identities: `CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, n serial, v text); CREATE TABLE u (id bigint GENERATED BY DEFAULT AS IDENTITY); CREATE TABLE empty_one ()`,
  'quoted names': `CREATE SCHEMA "My schema"; CREATE TABLE "My schema"."Some ""Table" ("a b" int PRIMARY KEY, "order" text CHECK ("order" IN ('A', 'B')))`,
  'rules, row security and inheritance': `CREATE TABLE log (n int); CREATE TABLE t (n int NOT NULL); CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (new.n);
    CREATE TABLE secret (n int); ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY; CREATE TABLE heir (m int) INHERITS (t)`,
  'triggers that change rows': `CREATE TABLE t (id serial PRIMARY KEY, v text, changed timestamptz);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed := now(); RETURN NEW; END'; CREATE TRIGGER touch BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()`,
};

test.each(Object.entries(SCHEMAS))('fills %s', async (_name, sql) => {
  await withSchema(sql, async (client, tables) => {
    const first = await plantRows(client, tables);
    expect(first.empty).toEqual([]);
    expect(first.tables.filter(({ rows }) => rows < 3)).toEqual([]);
    const second = await plantRows(client, tables, { salt: 'again' });
    expect(second.empty).toEqual([]);
    expect(second.tables.filter(({ rows }) => rows === 0)).toEqual([]);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  });
});

test('closes circles afterwards, so that a lost key is seen', async () => {
  const sql = SCHEMAS['a circle with a nullable key'] ?? '';
  await withSchema(sql, async (client, tables) => {
    await plantRows(client, tables);
    const owners = tableOf(await captureRows(client, tables), 'public.org').rows.map(
      ([, id]) => id,
    );
    expect(owners.filter((owner) => owner !== null).length).toBeGreaterThan(0);
    expect(owners).toContain(null);
  });
});

test('leaves no check open that would keep a table from being altered', async () => {
  const sql = SCHEMAS['deferred constraints'] ?? '';
  await withSchema(sql, async (client, tables) => {
    await plantRows(client, tables);
    await client.query('ALTER TABLE c ADD COLUMN n int; ALTER TABLE p ADD COLUMN n int');
  });
});

test('tells which table stays empty and why, and the transaction goes on', async () => {
  const sql = `
    CREATE TABLE never (n int CHECK (n > 0 AND n < 0), m int NOT NULL CHECK (m > 0 AND m < 0));
    CREATE TABLE parted (n int) PARTITION BY RANGE (n);
    CREATE TABLE parent (id int PRIMARY KEY CHECK (id > 0 AND id < 0));
    CREATE TABLE child (parent_id int NOT NULL REFERENCES parent);
    CREATE TABLE fine (n int)`;
  await withSchema(sql, async (client, tables) => {
    const planted = await plantRows(client, tables);
    expect(planted.tables).toEqual([{ name: 'public.fine', rows: 3 }]);
    expect(planted.empty).toEqual([
      { name: 'public.child', why: 'its rows need one of public.parent, which is empty' },
      { name: 'public.never', why: expect.stringContaining('violates check constraint') },
      { name: 'public.parent', why: expect.stringContaining('violates check constraint') },
      { name: 'public.parted', why: 'it is partitioned and has no partition yet' },
    ]);
    expect((await client.query('SELECT count(*)::int AS n FROM fine')).rows).toEqual([{ n: 3 }]);
  });
});

test('a trigger that refuses rows is passed by, and one that even then refuses is named', async () => {
  const sql = `
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed for good'; END $$;
    CREATE TABLE once (n int); CREATE TRIGGER r BEFORE INSERT ON once FOR EACH ROW EXECUTE FUNCTION refuse();
    CREATE TABLE always (n int); CREATE TRIGGER r BEFORE INSERT ON always FOR EACH ROW EXECUTE FUNCTION refuse();
    ALTER TABLE always ENABLE ALWAYS TRIGGER r`;
  await withSchema(sql, async (client, tables) => {
    const planted = await plantRows(client, tables);
    expect(planted.tables).toEqual([{ name: 'public.once', rows: 3 }]);
    expect(planted.empty).toEqual([
      { name: 'public.always', why: expect.stringMatching(/^closed for good .*refuse\(\)/) },
    ]);
    expect((await client.query('SHOW session_replication_role')).rows).toEqual([
      { session_replication_role: 'origin' },
    ]);
  });
});

test('fills parents that are not given when a row needs them, and keeps rows that are there', async () => {
  const sql = `CREATE TABLE p (id serial PRIMARY KEY, n text); CREATE TABLE c (p_id int NOT NULL REFERENCES p);
    CREATE TABLE q (id int PRIMARY KEY); INSERT INTO q VALUES (7); CREATE TABLE d (q_id int NOT NULL REFERENCES q)`;
  await withSchema(sql, async (client) => {
    const planted = await plantRows(client, ['public.c', 'public.d', 'public.unknown']);
    expect(planted).toEqual({
      tables: [
        { name: 'public.c', rows: 3 },
        { name: 'public.d', rows: 3 },
        { name: 'public.p', rows: 3 },
      ],
      empty: [],
    });
    expect((await client.query('SELECT id FROM q')).rows).toEqual([{ id: 7 }]);
  });
});

test('outside a transaction the rows are committed', async () => {
  await withSchema('CREATE TABLE t (n int)', async (client) => {
    await client.query('COMMIT');
    await plantRows(client, ['public.t']);
    expect(client.getTransactionStatus()).toBe('I');
    expect((await client.query('SELECT count(*)::int AS n FROM t')).rows).toEqual([{ n: 3 }]);
  });
});
