import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookAtLive } from '.';
import {
  createLookedAtDatabase,
  findingsOf,
  type LookedAtDatabase,
  linesOf,
  stepOf,
  targetAt,
} from './looked-at-database.fixture';

let live: LookedAtDatabase;
const PASSWORD = 'p4ss canary';

beforeAll(async () => {
  live = await createLookedAtDatabase();
});
afterAll(() => live.drop());

/** A role of its own, that may connect and nothing else; gone with `drop`. */
async function reader(): Promise<{ url: string; name: string; drop(): Promise<void> }> {
  const name = `reader_${live.name}`;
  await live.client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
  const url = new URL(live.url);
  url.username = name;
  url.password = encodeURIComponent(PASSWORD);
  return {
    url: url.href,
    name,
    async drop() {
      await live.client.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    },
  };
}

describe('the look', () => {
  test('does not wait for a table that somebody holds, and says who', async () => {
    await live.schema(`
      CREATE TABLE held (id int, x text, y int DEFAULT 3); INSERT INTO held SELECT i, 'x', i FROM generate_series(1, 50) i;
      CREATE TABLE free (id int, x text); INSERT INTO free VALUES (1, 'x'); ANALYZE held;`);
    const holder = await live.connect();
    await holder.query("SET application_name = 'nightly job'");
    const started = performance.now();
    const impact = await live.look(
      [
        'ALTER TABLE held DROP COLUMN x; ALTER TABLE held ALTER y SET NOT NULL; DELETE FROM held WHERE id > 3; ALTER TABLE free DROP COLUMN x;',
      ],
      {
        between: async () => {
          await holder.query('BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE');
        },
      },
    );
    await holder.query('ROLLBACK');
    await holder.end();
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(linesOf(impact)).toMatchObject([
      { line: 'column public.held.x: text', rows: '≈50', nonNull: '≈50' },
      { line: 'rows public.held: DELETE', rows: '≈50' },
      { line: 'column public.free.x: text', rows: '1', nonNull: '1', differs: '1' },
    ]);
    expect(impact.problems).toHaveLength(1);
    expect(impact.problems[0]).toMatch(
      /^public\.held could not be read: session \d+ \(nightly job, user \w+\) holds it exclusively, for \d+ s\.$/,
    );
    expect(findingsOf(impact)[0]).toMatch(
      /^0\.1 warn not_looked: Whether present rows of public\.held would be refused is not known: public\.held could not be read: session/,
    );
  });

  test('takes estimates for a table that is too large to be counted', async () => {
    await live.schema(`
      CREATE TABLE large (id int, x text DEFAULT 'd', y text DEFAULT now(), z int);
      INSERT INTO large SELECT i, CASE WHEN i % 4 = 0 THEN NULL WHEN i % 4 = 1 THEN 'd' ELSE 'v' || i END, 'y', 1
        FROM generate_series(1, 1000) i;
      ANALYZE large;
      UPDATE pg_class SET reltuples = 40000000 WHERE oid = 'large'::regclass;`);
    const impact = await live.look([
      'ALTER TABLE large DROP COLUMN x; ALTER TABLE large DROP COLUMN y; ALTER TABLE large ALTER z SET NOT NULL; DELETE FROM large WHERE z = 1',
    ]);
    const [x, y, gone] = impact.losses;
    expect(x?.rows).toEqual({ value: 40_000_000, estimate: true, source: 'pg_class' });
    expect(x?.nonNull).toEqual({ value: 30_000_000, estimate: true, source: 'pg_stats' });
    expect(x?.differs).toEqual({ value: 20_000_000, estimate: true, source: 'pg_stats' });
    expect(x?.bytes).toMatchObject({ estimate: true, source: 'pg_stats' });
    expect(y?.differs).toEqual({
      value: null,
      estimate: false,
      source: 'its default is computed for each row',
    });
    expect(gone?.rows).toMatchObject({ value: 40_000_000, estimate: true });
    expect(impact.problems).toEqual([]);
    expect(findingsOf(impact)).toEqual([
      '0.2 warn not_looked: Whether present rows of public.large would be refused is not known: public.large is too large to be read through within the limits of this look.',
    ]);
    expect(impact.relations['public.large']).toMatchObject({
      rows: { value: 40_000_000, estimate: true },
    });
  });

  test('names what the reading role may not see, and counts no part for the whole', async () => {
    await live.schema(`
      CREATE TABLE secret (id int, x text); INSERT INTO secret VALUES (1, 'x');
      CREATE TABLE guarded (id int, x text); INSERT INTO guarded VALUES (1, 'x'), (2, 'y');
      ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; CREATE POLICY shown ON guarded USING (id = 1);
      CREATE TABLE open (id int, x text); INSERT INTO open VALUES (1, 'x'); ANALYZE;`);
    const role = await reader();
    await live.client.query(
      `GRANT USAGE ON SCHEMA public TO ${role.name}; GRANT SELECT ON guarded, open TO ${role.name}`,
    );
    const impact = await live.look(
      [
        'ALTER TABLE secret DROP COLUMN x; ALTER TABLE guarded DROP COLUMN x; ALTER TABLE open DROP COLUMN x',
      ],
      { readUrl: role.url },
    );
    await role.drop();
    expect(linesOf(impact)).toMatchObject([
      { line: 'column public.secret.x: text', rows: '≈1', nonNull: 'not allowed' },
      { line: 'column public.guarded.x: text', rows: '≈2', nonNull: 'row security' },
      { line: 'column public.open.x: text', rows: '1', nonNull: '1' },
    ]);
    expect(impact.problems).toEqual([
      'public.secret could not be read: the reading role has no right to. GRANT SELECT ON public.secret (and USAGE on its schema) to it.',
      'public.guarded was not counted: row-level security hides rows from the reading role. Give it BYPASSRLS to have them counted.',
    ]);
  });

  test('a target that can’t be reached is a problem, and says nothing of its password', async () => {
    const url = new URL(live.url);
    url.password = encodeURIComponent(PASSWORD);
    await live.schema('CREATE TABLE a (id int, x int); CREATE TABLE b (id int)');
    const impact = await live.look(['ALTER TABLE a DROP COLUMN x; DROP TABLE b'], {
      readUrl: url.href,
    });
    expect(linesOf(impact)).toMatchObject([
      { line: 'column public.a.x', rows: 'not looked at' },
      { line: 'table public.b', rows: 'not looked at' },
    ]);
    expect(impact.problems[0]).toMatch(
      /^The live target was not looked at: 'shop' can’t be reached/,
    );
    expect(JSON.stringify(impact)).not.toMatch(/canary/);
  });

  test('ends when its time is up, with what it has', async () => {
    await live.schema(`CREATE TABLE a (id int, x int); INSERT INTO a VALUES (1, 1)`);
    const impact = await live.look(['ALTER TABLE a DROP COLUMN x'], { timeLimitMs: 1 });
    expect(impact.problems.length).toBeGreaterThan(0);
    expect(linesOf(impact)).toMatchObject([{ rows: 'not looked at' }]);
  });

  test('one slow question does not take the time of the others', async () => {
    await live.schema(`
      CREATE TABLE slow (id int, x int); INSERT INTO slow VALUES (1, 1);
      CREATE FUNCTION dawdle(int) RETURNS bool LANGUAGE plpgsql STABLE AS $$ DECLARE n int; BEGIN
        SELECT count(*) INTO n FROM generate_series(1, 2000000000); RETURN n > 0; END $$;
      CREATE TABLE quick (id int); INSERT INTO quick VALUES (1)`);
    const impact = await live.look(
      ['DELETE FROM slow WHERE dawdle(x); DELETE FROM quick WHERE id = 1'],
      {
        before: 'TRUNCATE slow',
        timeLimitMs: 9_000,
      },
    );
    expect(impact.losses.map(({ rows }) => rows)).toEqual([
      { value: 1, estimate: true, source: 'at most, as the time ran out' },
      { value: 1, estimate: false, source: 'counted' },
    ]);
    expect(impact.durationMs).toBeLessThan(8_000);
  });

  test('is given up when the signal says so', async () => {
    await live.schema('CREATE TABLE a (id int)');
    const input = { steps: [await stepOf(0, 'DROP TABLE a')], changes: [] };
    const reason = new Error('the rehearsal was cancelled');
    await expect(
      lookAtLive(targetAt(live.url), { ...input, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const controller = new AbortController();
    const going = lookAtLive(targetAt(live.url), { ...input, signal: controller.signal });
    controller.abort(reason);
    await expect(going).rejects.toBe(reason);
  });

  test('changes nothing and leaves nobody behind', async () => {
    await live.schema('CREATE TABLE a (id int, x int); INSERT INTO a VALUES (1, 1)');
    await live.look(['DELETE FROM a WHERE x = 1; DROP TABLE a CASCADE']);
    const { rows } = await live.client.query(
      "SELECT (SELECT count(*)::int FROM a) AS rows, (SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'backstep impact') AS sessions",
    );
    expect(rows).toEqual([{ rows: 1, sessions: 0 }]);
  });

  test('is quick on 300 tables', async () => {
    const tables = Array.from({ length: 300 }, (_, i) => `t${i}`);
    await live.schema(
      tables
        .map(
          (name) =>
            `CREATE TABLE ${name} (id int PRIMARY KEY, a text DEFAULT 'x', b int); INSERT INTO ${name} VALUES (1, 'y', 2)`,
        )
        .join(';'),
    );
    const impact = await live.look([
      tables.map((name) => `ALTER TABLE ${name} DROP COLUMN a, DROP COLUMN b`).join(';'),
    ]);
    expect(impact.losses).toHaveLength(600);
    expect(impact.losses.every(({ differs }) => differs?.value === 1)).toBe(true);
    expect(impact.problems).toEqual([]);
    expect(impact.durationMs).toBeLessThan(8_000);
    expect(Object.keys(impact.relations)).toHaveLength(300);
  });
});
