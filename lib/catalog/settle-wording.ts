import pg from 'pg';
import type { CatalogObject, CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { PRINTING, queryAll, setLocally } from './printing';
import { UnknownForm, type Wording, wordingsOf } from './wordings';

/** How often a text is parsed and printed before it counts as different for good. */
const ROUNDS = 3;

/**
 * Leaves out what differs in wording only. PostgreSQL prints an expression in the form in which it was
 * written, more or less: `status IN ('a', 'b')` on a varchar comes out in another form each of the first
 * two times it is parsed. Where the texts of a changed object become one when they are parsed and
 * printed again, they mean the same, and the difference is dropped; where PostgreSQL can't re-create
 * one of them, it stays.
 *
 * The texts are tried in temporary objects next to the real ones, so the database must have the tables
 * and functions that they name, and the role the right to create temporary tables. Everything is rolled back: to a
 * savepoint inside the transaction that is open on the client, or with a transaction of our own.
 *
 * @param changes as `diffCatalogs(before, after)` gives them
 * @throws pg.DatabaseError when the client's transaction has failed already
 */
export async function settleWording(
  client: pg.ClientBase,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  changes: SchemaChange[],
): Promise<SchemaChange[]> {
  const open = changes.map((change) => ({ change, texts: textsOf(change, before, after) }));
  if (open.every(({ texts }) => texts.length === 0)) return changes;
  const inside = ['T', 'E'].includes(client.getTransactionStatus() ?? '');
  if (!inside) await client.query('BEGIN');
  try {
    const settled: SchemaChange[] = [];
    for (const { change, texts } of open) {
      const left = await withoutWording(client, change, texts);
      if (left) settled.push(left);
    }
    return settled;
  } finally {
    // A broken connection can't be rolled back, and its error is the one to tell.
    if (!inside) await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** Two texts for one thing. */
interface Texts {
  wording: Wording;
  before: string;
  after: string;
}

function textsOf(change: SchemaChange, before: CatalogSnapshot, after: CatalogSnapshot): Texts[] {
  if (change.change !== 'changed') return [];
  const key = `${change.kind} ${change.name}`;
  const changed = new Set(change.attributes?.map(({ name }) => name));
  return wordingsOf(change, before, after).flatMap((wording) => {
    const [attribute = ''] = wording.attributes;
    if (!changed.has(attribute)) return [];
    const [old, now] = [before, after].map(({ objects }) => textOf(objects[key], attribute));
    return old !== undefined && now !== undefined ? [{ wording, before: old, after: now }] : [];
  });
}

function textOf(object: CatalogObject | undefined, attribute: string): string | undefined {
  const value = object?.attributes[attribute.replaceAll(' ', '_')];
  return typeof value === 'string' ? value : undefined;
}

/** The change without the attributes that mean what they meant; undefined when nothing is left. */
async function withoutWording(
  client: pg.ClientBase,
  change: SchemaChange,
  texts: readonly Texts[],
): Promise<SchemaChange | undefined> {
  const same = new Set<string>();
  for (const text of texts) {
    if (!(await meansTheSame(client, text))) continue;
    for (const attribute of text.wording.attributes) same.add(attribute);
  }
  if (same.size === 0) return change;
  const attributes = change.attributes?.filter(({ name }) => !same.has(name)) ?? [];
  return attributes.length > 0 ? { ...change, attributes } : undefined;
}

/** Parses and prints both texts until a form of the one is a form of the other. */
async function meansTheSame(client: pg.ClientBase, texts: Texts): Promise<boolean> {
  const forms = [new Set([texts.before]), new Set([texts.after])] as const;
  let current = [texts.before, texts.after];
  for (let round = 0; round < ROUNDS; round += 1) {
    const printed: string[] = [];
    for (const text of current) {
      const again = await printAgain(client, texts.wording, text);
      if (again === undefined) return false;
      printed.push(again);
    }
    forms.forEach((seen, side) => {
      seen.add(printed[side] ?? '');
    });
    if ([...forms[0]].some((form) => forms[1].has(form))) return true;
    if (printed.every((text, side) => text === current[side])) return false;
    current = printed;
  }
  return false;
}

const SAVEPOINT = 'backstep_wording';

/** The text as PostgreSQL prints it after parsing it; undefined when it does not take it. */
async function printAgain(
  client: pg.ClientBase,
  wording: Wording,
  text: string,
): Promise<string | undefined> {
  let statements: string;
  try {
    statements = wording.recreate(text);
  } catch (error) {
    if (error instanceof UnknownForm) return undefined;
    throw error;
  }
  // In a message of their own: how strings are read is decided before the first statement runs.
  await queryAll(client, `SAVEPOINT ${SAVEPOINT}; ${setLocally(PRINTING)}`);
  let printed: unknown;
  try {
    const results = await queryAll(client, statements);
    printed = (results.at(-1)?.rows[0] as { printed?: unknown } | undefined)?.printed;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
  } finally {
    await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`);
  }
  return typeof printed === 'string' ? wording.read(printed) : undefined;
}
