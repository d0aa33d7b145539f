import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256Hex } from '@/lib/core/digest';
import type { DataLoss } from '@/lib/core/proof';
import type { TemporaryServer } from '@/lib/embedded';
import { createTestCluster } from '@/lib/testing/database';
import { rollback } from './fixtures/history';
import { type ProofSubject, proveHistory } from './prove';

const MIGRATIONS = path.resolve('examples/agentim/drizzle');
const ROLLBACKS = path.resolve('rollback-sql/agentim');
let server: TemporaryServer;

beforeAll(async () => {
  server = await createTestCluster();
});

afterAll(async () => {
  await server.stop();
});

interface Journal {
  entries: { idx: number; tag: string; when: number; breakpoints: boolean }[];
}

async function readSample(): Promise<ProofSubject[]> {
  const text = await readFile(path.join(MIGRATIONS, 'meta/_journal.json'), 'utf8');
  const { entries } = JSON.parse(text) as Journal;
  return Promise.all(
    entries.map(async ({ idx, tag, when, breakpoints }, position) => {
      const sql = await readFile(path.join(MIGRATIONS, `${tag}.sql`), 'utf8');
      const name = `${tag.slice(0, 4)}_rollback.sql`;
      const down = await readFile(path.join(ROLLBACKS, name), 'utf8').catch(() => null);
      const hash = sha256Hex(sql);
      return {
        file: { position, idx, tag, when, path: `${tag}.sql`, hash, sql, breakpoints },
        script: down === null ? null : rollback(name, down),
        candidates: [],
      };
    }),
  );
}

/** 0023 makes jsonb of text, which forgets how the text was written. */
const LOSSES: [tag: string, losesData: DataLoss][] = [
  ['0019', 'none'],
  ['0020', 'own'],
  ['0021', 'none'],
  ['0022', 'own'],
  ['0023', 'older'],
  ['0024', 'own'],
  ['0025', 'none'],
  ['0026', 'own'],
  ['0027', 'none'],
  ['0028', 'own'],
  ['0029', 'own'],
  ['0030', 'own'],
  ['0031', 'own'],
  ['0032', 'none'],
  ['0033', 'own'],
  ['0034', 'none'],
  ['0035', 'own'],
  ['0037', 'none'],
  ['0041', 'own'],
];

it('proves each of the sample’s scripts exact, with what it loses', {
  timeout: 60_000,
}, async () => {
  const result = await proveHistory({
    scratchUrl: server.url,
    databasePrefix: 'sample_',
    subjects: await readSample(),
    tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
    layout: 'journal',
  });
  expect(result.unappliable).toEqual([]);
  expect(
    result.proven.map(({ tag, proof }) => [tag.slice(0, 4), proof.grade, proof.losesData]),
  ).toEqual(LOSSES.map(([tag, losesData]) => [tag, 'exact', losesData]));
  for (const { proof } of result.proven) {
    expect(proof).toMatchObject({ reapply: 'ok', secondRun: 'ok', method: 'transaction' });
    expect(proof.residue).toEqual([]);
    expect(proof.missing).toEqual([]);
    expect(proof.hazards.filter(({ severity }) => severity === 'danger')).toEqual([]);
  }
});
