import pg from 'pg';

/** Where the sequences stood: nextval and setval are not undone by ROLLBACK. */
export type SequencePositions = ReadonlyMap<string, { last: string; called: boolean }>;

const SEQUENCES = `
  SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'S' AND c.relpersistence <> 't'
   ORDER BY 1`;

export async function readSequencePositions(client: pg.ClientBase): Promise<SequencePositions> {
  const { rows } = await client.query<{ name: string }>(SEQUENCES);
  return positionsOf(
    client,
    rows.map(({ name }) => name),
  );
}

/** Puts those back that have moved; they must all be there. */
export async function restoreSequencePositions(
  client: pg.ClientBase,
  positions: SequencePositions,
): Promise<void> {
  const now = await positionsOf(client, [...positions.keys()]);
  const calls = [...positions].flatMap(([name, { last, called }]) => {
    const moved = now.get(name);
    if (moved?.last === last && moved.called === called) return [];
    return [`pg_catalog.setval(${pg.escapeLiteral(name)}, ${last}, ${called})`];
  });
  if (calls.length > 0) await client.query(`SELECT ${calls.join(', ')}`);
}

async function positionsOf(
  client: pg.ClientBase,
  names: readonly string[],
): Promise<SequencePositions> {
  if (names.length === 0) return new Map();
  const selects = names.map(
    (name) =>
      `SELECT ${pg.escapeLiteral(name)} AS name, last_value::text AS last, is_called AS called FROM ${name}`,
  );
  const { rows } = await client.query<{ name: string; last: string; called: boolean }>(
    selects.join(' UNION ALL '),
  );
  return new Map(rows.map(({ name, last, called }) => [name, { last, called }]));
}
