import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemporaryServer } from '@/lib/embedded';
import { createTestCluster } from '@/lib/testing/database';
import { history } from './fixtures/history';
import { ROUND_TRIPS, type RoundTripCase } from './fixtures/round-trips';
import { proveHistory } from './prove';

const PREFIX = `round_trips_${process.pid}_`;
// One of its own: roles, and the turn to prove, are the whole server's.
let server: TemporaryServer;
let admin: pg.Client;

beforeAll(async () => {
  server = await createTestCluster();
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await server.stop();
});

async function leftOnServer(): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)
     UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'proof\\_%'`,
    [PREFIX],
  );
  return rows.map(({ name }) => name);
}

async function prove({ before = [], up, down, bootstrap }: RoundTripCase) {
  const steps = before.map((sql): [string, null] => [sql, null]);
  const result = await proveHistory({
    scratchUrl: server.url,
    databasePrefix: PREFIX,
    subjects: history(...steps, [up, down]),
    tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
    layout: 'journal',
    ...(bootstrap !== undefined && { bootstrap }),
  });
  const [proven] = result.proven;
  if (!proven || result.proven.length > 1) throw new Error('There is one script to prove.');
  return proven.proof;
}

describe('what the round trip says of', () => {
  it.each(ROUND_TRIPS.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const proof = await prove(one);
    const { hazards = [], remarks = [], dataNotes = [], error, ...same } = one.wanted;
    expect(proof).toMatchObject({ ...same, ...(error && { error }) });
    if (!error && !['refused', 'unproven'].includes(proof.grade)) expect(proof.error).toBeNull();
    const codes = proof.hazards.map(({ code }) => code);
    for (const code of hazards) expect(codes).toContain(code);
    for (const remark of remarks) expect(proof.remarks.join('\n')).toMatch(remark);
    for (const note of dataNotes) expect(proof.dataNotes.join('\n')).toMatch(note);
    expect(await leftOnServer()).toEqual([]);
  });
});
