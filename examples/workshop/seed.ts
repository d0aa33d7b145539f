import type pg from 'pg';

/**
 * Fills a migrated workshop, and has it drift: an index that no migration knows.
 *
 * @param client connected to a database with all of the workshop's migrations, and no rows
 */
export async function seedWorkshop(client: pg.ClientBase): Promise<void> {
  await client.query(`
    INSERT INTO tools (name, status, notes, opened_on, rack_code)
    SELECT 'Tool ' || n,
           (ARRAY['shelved', 'lent', 'broken'])[1 + n % 3]::tool_status,
           CASE WHEN n % 4 = 0 THEN 'Blade changed, runs true' END,
           CASE WHEN n % 5 > 0 THEN date '2026-01-04' + n % 300 END,
           'R' || n % 40
      FROM generate_series(1, 480) n`);
  await client.query(
    "INSERT INTO members (name) SELECT 'Member ' || n FROM generate_series(1, 60) n",
  );
  await client.query(`
    INSERT INTO loans (tool_id, borrower, taken_at, returned_at, due_at, member_id)
    SELECT 1 + n * 7 % 480, 'Member ' || 1 + n % 60,
           timestamptz '2026-09-01 08:00+00' + n * interval '37 minutes',
           CASE WHEN n % 3 > 0 THEN timestamptz '2026-09-04 17:30+00' + n * interval '37 minutes' END,
           timestamptz '2026-09-08 17:00+00' + n * interval '37 minutes',
           CASE WHEN n % 2 = 0 THEN 1 + n % 60 END
      FROM generate_series(0, 1199) n`);
  await client.query(
    "INSERT INTO labels (tool_id, text) SELECT n, 'Shelf ' || n % 12 FROM generate_series(1, 480, 3) n",
  );
  await client.query('CREATE INDEX loans_borrower_hotfix_idx ON loans (borrower)');
}
