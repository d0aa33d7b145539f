import { expect, test } from 'vitest';
import { applyMigrations } from '@/examples/agentim/apply';
import { createTestDatabase } from '@/lib/testing/database';
import { captureRows } from './capture-rows';
import { compareRows } from './compare-rows.fixture';
import { plantRows } from './plant-rows';
import { userTables } from './rows-database.fixture';

test('fills every table of the sample, each column with values and with nulls where it may', async () => {
  const database = await createTestDatabase();
  const client = await database.connect();
  try {
    await applyMigrations(database.url);
    const tables = (await userTables(client)).filter((name) => name.startsWith('public.'));
    await client.query('BEGIN');
    const planted = await plantRows(client, tables);
    expect(planted.empty).toEqual([]);
    expect(planted.tables).toEqual(tables.map((name) => ({ name, rows: 3 })));
    const captured = await captureRows(client, tables);
    const bare = captured.tables.flatMap((table) =>
      table.columns
        .filter((_column, at) => table.rows.every((row) => row[at] === null))
        .map(({ name }) => `${table.name}.${name}`),
    );
    expect(bare).toEqual([]);
    const again = await plantRows(client, tables, { salt: 'between' });
    expect(again.tables).toEqual(planted.tables);
    const later = await captureRows(client, tables);
    expect(compareRows({ before: captured, between: later, after: later })).toEqual({
      losesData: 'none',
      notes: [],
    });
  } finally {
    await client.end();
    await database.drop();
  }
});
