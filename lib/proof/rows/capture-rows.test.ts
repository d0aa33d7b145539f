import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CAPTURE_LIMIT, type CapturedRows, captureRows } from './capture-rows';
import { compareRows } from './compare-rows.fixture';
import { tableOf, textsOf, withSchema } from './rows-database.fixture';

test('reads values under fixed settings, and leaves those of the session', async () => {
  const sql =
    "CREATE TABLE t (at timestamptz, i interval, f float8, b bytea); INSERT INTO t VALUES ('2026-01-01 00:00+00', '1 day 2 hours', 0.1, '\\x00ff')";
  await withSchema(sql, async (client) => {
    await client.query(
      "SET LOCAL TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape'; SET extra_float_digits = -5; SET search_path = public",
    );
    const captured = tableOf(await captureRows(client, ['public.t']), 'public.t');
    expect(captured.rows).toEqual([['2026-01-01 00:00:00+00', '1 day 02:00:00', '0.1', '\\x00ff']]);
    const { rows } = await client.query(
      "SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS dates, current_setting('IntervalStyle') AS spans, current_setting('search_path') AS path",
    );
    expect(rows).toEqual([
      { zone: 'Asia/Tokyo', dates: 'German, DMY', spans: 'iso_8601', path: 'public' },
    ]);
  });
});

test('leaves out what does not exist, and does not read children as their parents', async () => {
  const sql = `CREATE TABLE t (n int); CREATE TABLE heir () INHERITS (t); INSERT INTO heir VALUES (1); CREATE VIEW v AS SELECT 1;
    CREATE TABLE p (n int) PARTITION BY LIST (n); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); INSERT INTO p VALUES (1)`;
  await withSchema(sql, async (client) => {
    const tables = ['public.t', 'public.heir', 'public.v', 'public.p', 'public.none', 'nonsense'];
    const captured = await captureRows(client, tables);
    expect(captured.tables.map(({ name, rows }) => [name, rows.length])).toEqual([
      ['public.heir', 1],
      ['public.p', 1],
      ['public.t', 0],
    ]);
    expect(await captureRows(client, [])).toEqual({ tables: [] });
  });
});

test('reads a bounded part of a large table, and counts all of it', async () => {
  const sql = `CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, ${CAPTURE_LIMIT + 500})`;
  await withSchema(sql, async (client) => {
    const before = await captureRows(client, ['public.t']);
    expect(tableOf(before, 'public.t')).toMatchObject({ total: CAPTURE_LIMIT + 500 });
    expect(tableOf(before, 'public.t').rows).toHaveLength(CAPTURE_LIMIT);
    await client.query('INSERT INTO t VALUES (-1), (-2)');
    const between = await captureRows(client, ['public.t']);
    expect(compareRows({ before, between, after: between }).losesData).toBe('none');
    await client.query('DELETE FROM t WHERE id < 0 OR id > 1490');
    const after = await captureRows(client, ['public.t']);
    expect(compareRows({ before, between, after }).notes).toEqual([
      'public.t: 10 of 1,500 rows are gone (the script removes them)',
      'public.t: 1,000 of 1,500 rows were compared, those with the lowest keys',
    ]);
  });
});

test('a column under a name that has to be quoted', async () => {
  await withSchema(
    'CREATE TABLE "T x" ("a ""b" int); INSERT INTO "T x" VALUES (4)',
    async (client) => {
      expect(await textsOf(client, 'public."T x"', 'a "b')).toEqual(['4']);
    },
  );
});

const cell = fc.option(fc.oneof(fc.constantFrom('1', 'true', '{}', '2024-01-01'), fc.string()));
const capture: fc.Arbitrary<CapturedRows> = fc
  .tuple(fc.array(fc.tuple(cell, cell, cell), { maxLength: 12 }), fc.boolean())
  .map(([cells, hasKey]) => ({
    tables: [
      {
        name: 'public.t',
        oid: 17,
        columns: ['id', 'a', 'b'].map((name, at) => ({
          name,
          number: at + 1,
          type: 'text',
          generated: false,
        })),
        key: hasKey ? ['id'] : [],
        rows: cells.map(([, a, b], at) => [String(at), a, b]),
        total: cells.length,
      },
    ],
  }));

test('rows that stay lose nothing, in whatever order they come', () => {
  fc.assert(
    fc.property(capture, (before) => {
      const after = structuredClone(before);
      for (const table of after.tables) table.rows.reverse();
      expect(compareRows({ before, between: before, after })).toEqual({
        losesData: 'none',
        notes: [],
      });
    }),
  );
});

test('each value that is changed or taken away is seen', () => {
  fc.assert(
    fc.property(
      capture,
      fc.nat(),
      fc.integer({ min: 1, max: 2 }),
      cell,
      (before, row, at, value) => {
        const after = structuredClone(before);
        const rows = after.tables[0]?.rows ?? [];
        const changed = rows[row % Math.max(rows.length, 1)];
        fc.pre(changed !== undefined && changed[at] !== value);
        if (changed) changed[at] = value;
        expect(compareRows({ before, between: before, after }).losesData).toBe('older');
      },
    ),
  );
});
