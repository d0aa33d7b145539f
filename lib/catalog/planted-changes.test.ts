import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { createTestDatabase, type TestDatabase } from '@/lib/testing/database';
import {
  columnOrderChanges,
  diffCatalogs,
  fingerprint,
  snapshotCatalog,
  splitDifference,
} from './index';
import { type PlantedChange, plantedChanges, plantedOn } from './planted-changes.fixture';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

let database: TestDatabase;
let client: pg.Client;
let role: string;
let planted: PlantedChange[];

/** Names only; the statements need a role and a database, which are there when the tests run. */
const NAMES = plantedChanges('', '').map(({ name }) => name);

beforeAll(async () => {
  database = await createTestDatabase();
  client = await database.connect();
  role = `${database.name}_role`;
  planted = plantedChanges(role, database.name);
  // Names of objects are written without their schema here.
  await client.query('SET search_path = public');
  await client.query(plantedOn(role));
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
  const admin = await createTestDatabase();
  const other = await admin.connect();
  await other.query(`DROP ROLE IF EXISTS ${role}, ${role}_b`);
  await other.end();
  await admin.drop();
});

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/** Roles of other tests, which run at the same time on the same server, are not ours to compare. */
function own(snapshot: CatalogSnapshot): CatalogSnapshot {
  const objects = Object.entries(snapshot.objects).filter(
    ([, { kind, name }]) =>
      (kind !== 'role' && kind !== 'setting') ||
      /in the database/.test(name) ||
      name.includes(role),
  );
  return { ...snapshot, objects: Object.fromEntries(objects) };
}

const snapshot = async () => own(await snapshotCatalog(client, { tracking, cluster: true }));

function summary(before: CatalogSnapshot, after: CatalogSnapshot, rights: boolean): string[] {
  return diffCatalogs(before, after, { rights }).map(({ change, kind, name, attributes }) => {
    const which = attributes ? `: ${attributes.map((attribute) => attribute.name).join(',')}` : '';
    return `${SIGNS[change]} ${kind} ${name}${which}`;
  });
}

async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

function plantedByName(name: string): PlantedChange {
  const found = planted.find((one) => one.name === name);
  if (!found) throw new Error(`nothing is planted as ${name}`);
  return found;
}

test('at least 40 kinds of change are planted', () => {
  expect(new Set(NAMES).size).toBeGreaterThanOrEqual(40);
  expect(NAMES).toHaveLength(new Set(NAMES).size);
});

describe('a planted change is found, alone, and gone when it is taken back', () => {
  test.each(NAMES)('%s', async (name) => {
    const { plant, revert, changes, beside, reorders } = plantedByName(name);
    await inTransaction(async () => {
      const before = await snapshot();
      await client.query(plant);
      const after = await snapshot();
      expect(summary(before, after, true)).toEqual(changes);
      // Seen without rights, a difference of rights is none; seen without the server, one of roles is.
      if (beside === 'rights') expect(summary(before, after, false)).toEqual([]);
      if (beside) expect(fingerprint(after)).toBe(fingerprint(before));
      else expect(fingerprint(after)).not.toBe(fingerprint(before));
      expect(summary(after, after, true)).toEqual([]);

      await client.query(revert);
      const reverted = await snapshot();
      expect(summary(before, reverted, true)).toEqual([]);
      expect(fingerprint(reverted)).toBe(fingerprint(before));
      expect(columnOrderChanges(before, reverted)).toEqual(reorders ? [reorders] : []);
    });
  });
});

test('any of them together are found each, and are gone when they are taken back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(NAMES), async (names) => {
      const chosen = names.map(plantedByName);
      await inTransaction(async () => {
        const before = await snapshot();
        for (const { plant } of chosen) await client.query(plant);
        const after = await snapshot();
        const attributesOf = (lines: string[]) => mergeAttributes(lines);
        expect(attributesOf(summary(before, after, true))).toEqual(
          attributesOf(chosen.flatMap(({ changes }) => changes)),
        );
        expect(summary(after, after, true)).toEqual([]);
        const { residue, missing } = splitDifference(before, after, { rights: true });
        expect(residue.length + missing.length > 0).toBe(chosen.length > 0);

        for (const { revert } of chosen.toReversed()) await client.query(revert);
        const reverted = await snapshot();
        expect(splitDifference(before, reverted, { rights: true })).toEqual({
          residue: [],
          missing: [],
          changes: [],
        });
        expect(columnOrderChanges(before, reverted)).toEqual(
          chosen.flatMap(({ reorders }) => reorders ?? []).sort(),
        );
      });
    }),
    { numRuns: 12 },
  );
});

/** Two changes of one object are one line with both attributes. */
function mergeAttributes(lines: string[]): Record<string, string[]> {
  const merged: Record<string, string[]> = {};
  for (const line of lines) {
    const [, object = '', attributes = ''] = /^(.*?)(?:: ([a-z ,]*))?$/.exec(line) ?? [];
    merged[object] = [...(merged[object] ?? []), ...attributes.split(',')].sort();
  }
  return merged;
}
