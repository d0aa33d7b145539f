import { expect, it } from 'vitest';
import { trackingRowSql } from './tracking-row-sql';

const row = { id: 35, hash: 'ab12', createdAt: '1763000035000' };

it.each([
  [{ schema: 'drizzle', table: '__drizzle_migrations' }, 'drizzle.__drizzle_migrations'],
  [{ schema: 'Drizzle', table: 'my "rows"' }, '"Drizzle"."my ""rows"""'],
])('names %j as PostgreSQL reads it', (tracking, table) => {
  expect(trackingRowSql(tracking, row)).toBe(
    `SELECT count(*) FROM ${table} WHERE id = 35 AND hash = 'ab12' AND created_at = '1763000035000';`,
  );
});

it('cannot be broken out of by a hash', () => {
  const sql = trackingRowSql({ schema: 'd', table: 't' }, { ...row, hash: "x' OR '1'='1" });
  expect(sql).toContain("hash = 'x'' OR ''1''=''1'");
});
